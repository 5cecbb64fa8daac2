// SPDX-License-Identifier: MIT
// loop/links.h - the network interfaces of this machine: which can broadcast, and when that changes.
#pragma once

#include "loop/tcp.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ssblog {

/// An IPv4 address of this machine on a link that can broadcast.
struct LanLink {
  std::string interface;
  SocketAddress address;    ///< without a port
  SocketAddress broadcast;  ///< likewise
  SocketAddress netmask;    ///< likewise

  /// Whether an IPv4 address is one of this link's network.
  bool reaches(const SocketAddress& other) const;

  bool operator==(const LanLink& other) const {
    return interface == other.interface && address.host() == other.address.host() &&
           broadcast.host() == other.broadcast.host() && netmask.host() == other.netmask.host();
  }
};

/// The addresses of this machine that others may reach, IPv4 and IPv6; not those of loopback or of one link alone.
/// Where there are none, loopback's.
std::vector<SocketAddress> own_addresses();

/// Whether an address is of an interface of this machine, loopback's and those of one link included; ports do not
/// matter.
bool is_own_address(const SocketAddress& address);

/// Those that are up now; of any netmask that leaves room for a broadcast address.
std::vector<LanLink> lan_links();

/// Calls `changed` soon after links came or went. The kernel says so (Linux); elsewhere it is looked at each 10 s.
class LinkWatch {
 public:
  static Result<LinkWatch> start(Loop& loop, std::function<void()> changed);
  LinkWatch(LinkWatch&&) noexcept;
  LinkWatch& operator=(LinkWatch&&) = delete;
  ~LinkWatch();

 private:
  struct Source;
  explicit LinkWatch(std::unique_ptr<Source> source);
  std::unique_ptr<Source> source_;
};

}  // namespace ssblog
