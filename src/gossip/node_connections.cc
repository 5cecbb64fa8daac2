// SPDX-License-Identifier: MIT
// gossip/node_connections.cc - who is let in, who is dialled, and how connections end.
#include "gossip/node.h"

#include "gossip/protocol/limits.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_heard = 64;  // strangers in the LAN that are shown
constexpr auto same_time = 5s;          // two connections that came so close were dialled at once
constexpr int hurries_after_change = 4;
constexpr auto hurry_pause = 400ms;
constexpr auto good_while = 30s;  // a connection that lasted so long was a good one

}  // namespace

void Node::start_lan() {
  lan_.emplace(
      loop_, self_, *options_.lan,
      Lan::Events{[this](const LanPeer& peer) { heard(peer); },
                  [this](const Address& address) { own_key_heard(address); }, [this] { links_changed(); },
                  [this](const Error& error) { log(LogLevel::warning, error.text); }});
  const auto ports = ports_.listening();
  lan_->start(ports.empty() ? 0 : ports.front().port());
}

/// Somebody announced a host in the LAN. What it says is worth a dial of a host that we want, and no more.
void Node::heard(const LanPeer& peer) {
  const bool wanted = replicator_->wanted().contains(peer.key) && admits(peer.key);
  for (const Address& address : peer.addresses) {
    // Numbers only: a name would make us ask whomever it belongs to.
    const auto place = SocketAddress::from(address.host, address.port);
    if (!place || place->loopback() || place->wildcard()) continue;
    if (wanted) {
      dials_->hint(address);
    } else if (heard_.size() < most_heard && heard_.emplace(peer.key, address).second) {
      show_later();
    }
  }
}

void Node::links_changed() {
  for (auto& [number, connection] : connections_) connection.peer->probe();
  hurries_ = hurries_after_change;
  hurry_again();
}

/// A link that is up takes a moment until something goes through it, and nobody says when.
void Node::hurry_again() {
  dials_->hurry_anew();
  if (--hurries_ > 0) hurry_soon_.start(hurry_pause);
}

void Node::accept(std::unique_ptr<TcpStream> stream) {
  if (stopping_) return;
  const std::string host = stream->remote().host();
  std::size_t waiting = 0, same_address = 0;
  for (const auto& [number, connection] : connections_) {
    waiting += connection.peer->is_open() || connection.peer->is_guest() ? 0 : 1;
    same_address += connection.peer->remote().host() == host ? 1 : 0;
  }
  const bool local = stream->remote().loopback();
  // Closed without a word: it is flooded, and words would cost.
  if ((!local && same_address >= max_connections_per_address) || !doorkeeper_.lets_in(host, loop_.now()))
    return;
  // Who has been silent for longest makes room: one that proves who it is takes less time than that.
  if (waiting >= max_unauthenticated) make_room_for_stranger();
  if (connections_.size() >= max_connections && !make_room()) return;
  take(std::move(stream), std::nullopt, std::nullopt);
}

void Node::make_room_for_stranger() {
  for (const auto& [number, connection] : connections_) {
    if (connection.peer->is_open() || connection.peer->is_guest() || connection.address) continue;
    return connection.peer->abandon("others wait");
  }
}

/// All places are taken, and the next one may be a host that matters here: whoever is missed least goes at once. A
/// crowd of strangers that were told to go may not answer for a while, and must not keep others out. False: all matter.
bool Node::make_room() {
  enum Missed { told_to_go, unknown_yet, stranger, kept };
  const auto how_much = [this](const Connection& connection) {
    const Peer& peer = *connection.peer;
    if (peer.is_closing()) return told_to_go;
    if (connection.address || peer.is_guest()) return kept;
    if (!peer.is_open()) return unknown_yet;
    return is_known(*peer.host()) ? kept : stranger;
  };
  Peer* least = nullptr;
  Missed missed = kept;
  for (const auto& [number, connection] : connections_) {
    if (const Missed much = how_much(connection); much < missed) {
      missed = much;
      least = connection.peer.get();
    }
  }
  if (least != nullptr) least->abandon("others wait");
  return least != nullptr;
}

/// `server`: whom we dialled; none: we were dialled. `address`: that Dials has to hear of.
Peer& Node::take(std::unique_ptr<TcpStream> stream, const std::optional<FeedId>& server,
                 const std::optional<Address>& address) {
  const PeerNumber number = ++last_number_;
  PeerOwner& owner = *this;
  auto peer = std::make_unique<Peer>(loop_, self_, owner, number, std::move(stream), server);
  Peer& started = *peer;
  connections_[number] = {std::move(peer), address};
  started.start();
  return started;
}

bool Node::admits(const FeedId& host) {
  return !stopping_ && !blocked_.contains(host) && !doorkeeper_.is_punished(host, loop_.now());
}

bool Node::is_connected(const FeedId& host) const {
  return std::any_of(connections_.begin(), connections_.end(), [&](const auto& one) {
    const Peer& peer = *one.second.peer;
    return peer.is_open() && !peer.is_closing() && peer.host() == host;
  });
}

bool Node::is_known(const FeedId& host) const { return replicator_->wanted().contains(host); }

bool Node::lets_in(const Peer& peer, const FeedId& host) {
  return admits(host) && !(host == self_.keys.id() && find_echo(peer));
}

void Node::opened(Peer& peer) {
  Connection& connection = connections_.at(peer.number());
  connection.opened = loop_.now();
  if (connection.address) dials_->worked(*connection.address);
  if (!peer.dialled()) doorkeeper_.knows(peer.remote().host());
  if (is_copy(peer))
    meet_copy(peer);
  else
    settle_doubles(peer);
  // Places are kept for hosts that matter here: of the others, the one that has been here for longest goes.
  const auto is_stranger = [this](const Peer& one) {
    return one.is_open() && !one.is_closing() && !is_known(*one.host());
  };
  std::vector<Peer*> strangers;
  for (const auto& [number, other] : connections_) {
    if (is_stranger(*other.peer)) strangers.push_back(other.peer.get());
  }
  if (strangers.size() > max_strangers) strangers.front()->close_soon();
  log_some("connected", LogLevel::info,
           fmt::format("connected: {} at {}{}", name_of(*peer.host()), peer.remote().text(),
                       peer.dialled() ? "" : ", which dialled us"));
  replicator_->opened(peer);
  if (!own_statement_.empty()) peer.tell_successor(own_statement_);
  hold_watch_->connected(*peer.host());
  if (hold_watch_->is_held()) replicator_->ask_for_own(peer);
  show_later();
}

/// Both hosts dialled at once, or an old connection is dead and nobody knows. Where both dialled, the one of the
/// smaller id stays: both sides come to the same end. Else the new one does: nobody dials who knows of the old one.
void Node::settle_doubles(Peer& fresh) {
  const bool smaller_dials = self_.keys.id() < *fresh.host();
  for (auto& [number, connection] : connections_) {
    Peer& old = *connection.peer;
    if (&old == &fresh || !old.is_open() || old.is_closing() || old.host() != fresh.host()) continue;
    const bool at_once = loop_.now() - connection.opened <= same_time;
    const bool fresh_goes = at_once && fresh.dialled() != old.dialled() && fresh.dialled() != smaller_dials;
    (fresh_goes ? fresh : old).close_soon();
  }
}

void Node::ended(Peer& peer, const WireEnd& end) {
  const auto at = connections_.find(peer.number());
  if (at == connections_.end()) return;
  if (peer.is_guest()) guests_->gone(peer.number());
  const bool was_open = peer.since() != 0;
  if (was_open) replicator_->closed(peer);
  const auto address = at->second.address;
  const bool echo = at->second.echo;
  const std::string why = peer.fault().empty() ? end.why : peer.fault();
  const bool double_one = was_open && is_connected(*peer.host());
  if (was_open && !double_one)
    log_some("disconnected", LogLevel::info, fmt::format("disconnected: {}: {}", name_of(*peer.host()), why));
  const bool lasted = was_open && loop_.now() - at->second.opened > good_while;
  ended_.push_back(std::move(at->second.peer));
  connections_.erase(at);
  bury_.start(0ms);
  if (address) {
    const auto outcome = end.kind == WireEnd::Kind::mismatch ? Dials::Outcome::useless
                         : lasted || double_one              ? Dials::Outcome::lasted
                                                             : Dials::Outcome::failed;
    if (!was_open) log_some("dial", LogLevel::warning, why);
    dials_->ended(*address, outcome, why);
  } else if (!was_open && !peer.dialled() && !echo && end.kind == WireEnd::Kind::mismatch) {
    log_some("stranger", LogLevel::warning, fmt::format("{} dialled us, but {}", peer.remote().text(), why));
  }
  if (!stopping_) dials_->look();
  show_later();
  if (stopping_ && connections_.empty()) stop_late_.start(0ms);
}

void Node::cut(PeerNumber number, const std::string& why) {
  const auto at = connections_.find(number);
  if (at == connections_.end()) return;
  Peer& peer = *at->second.peer;
  const auto penalty = doorkeeper_.punish(*peer.host(), loop_.now());
  log_some(
      "cut", LogLevel::warning,
      fmt::format("{} is cut, and not heard for {} minutes: {}", name_of(*peer.host()), penalty / 1min, why));
  if (const auto end = doorkeeper_.next_end(loop_.now())) forgive_.start(*end - loop_.now());
  peer.close_soon();
}

std::size_t Node::peer_count() const {
  return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(),
                                                [](const auto& one) { return one.second.peer->is_open(); }));
}

}  // namespace ssblog
