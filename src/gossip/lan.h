// SPDX-License-Identifier: MIT
// gossip/lan.h - calls this host into every LAN that it is part of, and hears the others.
//
// Used by Node. Every interface with a broadcast address is called into, with the address that the host has there, at
// once when a link comes up, and every few seconds. On the loop's thread. Source: discovery.md.
#pragma once

#include "gossip/protocol/lan_ear.h"
#include "gossip/wire.h"
#include "loop/links.h"
#include "loop/timer.h"
#include "loop/udp.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

class Lan {
 public:
  struct Options {
    bool legacy = false;  ///< speak and hear the plain form of ssb-server too
    /// Announce what listens here alone; nothing: all addresses of this machine.
    std::optional<std::string> only_address;
  };
  struct Events {
    std::function<void(const LanPeer& peer)> heard;  ///< another host, now and again
    /// Somebody announces our own key at an address that is not ours. It proves nothing.
    std::function<void(const Address& address)> own_key;
    std::function<void()> links_changed;
    std::function<void(const Error&)> trouble;
  };

  Lan(Loop& loop, const NetworkSelf& self, Options options, Events events);

  /// `port` is where we listen for TCP. Discovery that cannot work is told, and is no error.
  void start(std::uint16_t port);
  void stop();

 private:
  struct Voice {
    std::uint16_t port = 0;
    bool plain = false;
    std::unique_ptr<UdpSocket> socket;
  };
  struct Call {
    SocketAddress to;
    ByteBuf encrypted, plain;
  };
  void add_voice(std::uint16_t port, bool plain);
  void links_changed();
  void read_links();
  void call();
  void take(const Voice& voice, ByteView datagram, const SocketAddress& from);
  void add_scopes(std::vector<Address>& addresses, const SocketAddress& from) const;
  bool is_ours(const Address& address) const;

  Loop& loop_;
  const NetworkSelf& self_;
  const Options options_;
  Events events_;
  LanEar ear_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Voice>> voices_;
  std::optional<LinkWatch> watch_;
  std::vector<LanLink> links_;
  std::vector<Call> calls_;  ///< a datagram for each link
  int hasty_ = 0;            ///< calls that come soon after each other
  Timer next_, links_soon_;
};

}  // namespace ssblog
