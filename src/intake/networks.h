// SPDX-License-Identifier: MIT
// intake/networks.h - from where datagrams and connections are taken.
//
// Used by the syslog and the datagram receiver. Values, any thread.
#pragma once

#include "feed/result.h"
#include "loop/tcp.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace ssblog {

class Networks {
 public:
  static constexpr std::size_t most = 256;

  /// Of addresses and networks, "192.168.1.7", "192.168.1.0/24", "fd00::/8"; of none: loopback alone. Code::config for
  /// what is no such thing, and for a network with bits set behind its length.
  static Result<Networks> of(const std::vector<std::string>& texts);

  bool have(const SocketAddress& address) const;

 private:
  using Bytes = std::array<std::uint8_t, 16>;  ///< IPv4 in the clothes of IPv6
  struct Network {
    Bytes bytes{};
    unsigned bits = 0;  ///< of `bytes` that count
  };
  static Bytes bytes_of(const SocketAddress& address);
  static bool same_bits(const Bytes& a, const Bytes& b, unsigned bits);
  std::vector<Network> networks_;
};

}  // namespace ssblog
