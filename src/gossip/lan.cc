// SPDX-License-Identifier: MIT
#include "gossip/lan.h"

#include "gossip/protocol/lan_packet.h"

#include <algorithm>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t encrypted_port = 26830;  // ssb-lan's
constexpr std::uint16_t plain_port = 8008;       // ssb-local's, where it is not the host's own TCP port
constexpr auto call_pause = 5s;
constexpr auto hasty_pause = 500ms;
constexpr int hasty_calls =
    4;  // after the start, and when a link came up: the other side may be a little later
constexpr auto links_pause = 50ms;  // a link that comes up says so several times

}  // namespace

Lan::Lan(Loop& loop, const NetworkSelf& self, Options options, Events events)
    : loop_(loop),
      self_(self),
      options_(std::move(options)),
      events_(std::move(events)),
      ear_(self.network),
      next_(loop, [this] { call(); }),
      links_soon_(loop, [this] { links_changed(); }) {}

void Lan::start(std::uint16_t port) {
  port_ = port;
  add_voice(encrypted_port, false);
  if (options_.legacy) {
    add_voice(plain_port, true);
    if (port != plain_port) add_voice(port, true);
  }
  auto watch = LinkWatch::start(loop_, [this] {
    if (!links_soon_.running()) links_soon_.start(links_pause);
  });
  if (watch)
    watch_.emplace(std::move(*watch));
  else
    events_.trouble(watch.error());
  read_links();
  hasty_ = hasty_calls;
  call();
}

void Lan::stop() {
  next_.stop();
  links_soon_.stop();
  watch_.reset();
  voices_.clear();
}

void Lan::add_voice(std::uint16_t port, bool plain) {
  auto voice = std::make_unique<Voice>();
  voice->port = port;
  voice->plain = plain;
  auto socket =
      UdpSocket::listen(loop_, port, [this, raw = voice.get()](ByteView datagram, const SocketAddress& from) {
        take(*raw, datagram, from);
      });
  if (!socket) return events_.trouble(socket.error());
  voice->socket = std::move(*socket);
  voices_.push_back(std::move(voice));
}

void Lan::links_changed() {
  const auto before = links_;
  read_links();
  if (links_ == before) return;
  hasty_ = hasty_calls;
  call();
  events_.links_changed();
}

void Lan::read_links() {
  links_ = lan_links();
  if (options_.only_address)
    std::erase_if(links_,
                  [this](const LanLink& link) { return link.address.host() != *options_.only_address; });
  calls_.clear();
  for (const LanLink& link : links_) {
    const std::string text = to_text_for_others({link.address.host(), port_, self_.keys.id(), std::nullopt});
    Call call{link.broadcast, encode_lan(text, self_.keys, self_.network), {}};
    if (options_.legacy) call.plain.assign(text.begin(), text.end());
    calls_.push_back(std::move(call));
  }
}

void Lan::call() {
  for (const Call& call : calls_) {
    for (const auto& voice : voices_) {
      auto to = SocketAddress::from(call.to.host(), voice->port);
      // A link that just went down takes nothing; the watch will say so.
      if (to) static_cast<void>(voice->socket->send(voice->plain ? call.plain : call.encrypted, *to));
    }
  }
  if (voices_.empty()) return;
  next_.start(hasty_ > 0 ? std::chrono::milliseconds(hasty_pause) : std::chrono::milliseconds(call_pause));
  if (hasty_ > 0) --hasty_;
}

void Lan::take(const Voice& voice, ByteView datagram, const SocketAddress& from) {
  auto peer = ear_.take(datagram, from.host(), voice.plain, loop_.now());
  if (!peer) return;
  add_scopes(peer->addresses, from);
  if (peer->key != self_.keys.id()) return events_.heard(*peer);
  for (const Address& address : peer->addresses) {
    if (!is_ours(address)) events_.own_key(address);
  }
}

/// An address of one link alone is dialled on the link that it was heard on; where none is known, not at all.
void Lan::add_scopes(std::vector<Address>& addresses, const SocketAddress& from) const {
  const auto link =
      std::find_if(links_.begin(), links_.end(), [&](const LanLink& one) { return one.reaches(from); });
  std::erase_if(addresses, [&](Address& address) {
    const auto place = SocketAddress::from(address.host, address.port);
    if (!place || !place->one_link()) return false;
    if (link != links_.end()) address.host += "%" + link->interface;
    return link == links_.end();
  });
}

bool Lan::is_ours(const Address& address) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const LanLink& link) { return link.address.host() == address.host; });
}

}  // namespace ssblog
