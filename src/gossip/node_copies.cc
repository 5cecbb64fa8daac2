// SPDX-License-Identifier: MIT
// gossip/node_copies.cc - our own key in the hands of others: a copy of this host that runs elsewhere, or ourselves by a
// detour.
//
// Only a handshake proves the key. Two copies that meet see it both, whoever dialled; they stay connected, so that what
// the other one signed comes here, too.
#include "gossip/node.h"
#include "gossip/protocol/limits.h"
#include "loop/links.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {

/// Somebody has our key who is not of this machine. Programs of this machine may log in with it.
bool Node::is_copy(const Peer& peer) const {
  return peer.host() == self_.keys.id() && !is_own_address(peer.remote());
}

/// Somebody announces our key in the LAN, maybe to fool us: whoever is there is asked for a proof.
void Node::own_key_heard(const Address& address) {
  // Numbers only: a name would make us ask whomever it belongs to.
  const auto place = SocketAddress::from(address.host, address.port);
  if (stopping_ || !place || place->wildcard() || is_own_address(*place)) return;
  const bool met = std::any_of(connections_.begin(), connections_.end(), [this](const auto& one) {
    return one.second.peer->is_open() && is_copy(*one.second.peer);
  });
  if (met || own_key_dials_.size() >= max_dials || !own_key_.is_worth_a_dial(address, loop_.now())) return;
  const std::string name = to_text(address);
  auto& dial = own_key_dials_[name];
  dial = std::make_unique<TcpDial>(loop_, address.host, address.port, [this, name](auto stream) {
    const auto ended = own_key_dials_.extract(name);
    if (!stream) return;
    const Peer& peer = take(std::move(*stream), self_.keys.id(), std::nullopt);
    if (peer.call_key()) own_key_.calls(*peer.call_key(), loop_.now());
  });
  dial->begin();
}

/// True: we are called by ourselves, since some address leads back here.
bool Node::find_echo(const Peer& peer) {
  if (!peer.call_key() || !own_key_.is_ours(*peer.call_key(), loop_.now())) return false;
  for (auto& [number, connection] : connections_) {
    if (connection.peer->call_key() != peer.call_key()) continue;
    connection.echo = true;
    if (connection.peer->dialled())
      log_some("echo", LogLevel::info,
               fmt::format("{} leads back to this host itself", connection.peer->remote().text()));
  }
  return true;
}

void Node::meet_copy(Peer& peer) {
  const std::string where = peer.remote().host();
  if (std::exchange(copy_at_, where) != where) {
    log_some("copy", LogLevel::error,
             fmt::format(
                 "another copy of this host runs at {}: it has proven to hold this host's key. Publishing is "
                 "held; see `ssblog restore --status`",
                 where));
  }
  hold_watch_->copy_met(where);
  // One for each direction, as both may have dialled at once.
  const auto others = std::count_if(connections_.begin(), connections_.end(), [&](const auto& one) {
    const Peer& other = *one.second.peer;
    return &other != &peer && other.is_open() && !other.is_closing() && is_copy(other);
  });
  if (static_cast<std::size_t>(others) >= max_connections_per_identity) peer.close_soon();
}

/// A person said that there is no copy any more. One that is still connected says otherwise.
void Node::look_at_copies() {
  copy_at_.clear();
  own_key_.forget();
  for (auto& [number, connection] : connections_) {
    Peer& peer = *connection.peer;
    if (peer.is_open() && !peer.is_closing() && is_copy(peer)) meet_copy(peer);
  }
}

}  // namespace ssblog
