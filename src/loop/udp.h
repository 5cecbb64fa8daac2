// SPDX-License-Identifier: MIT
// loop/udp.h - datagrams over IPv4, broadcast too.
#pragma once

#include "feed/bytes.h"
#include "loop/tcp.h"

#include <array>
#include <functional>
#include <memory>

namespace ssblog {

class UdpSocket {
 public:
  /// A datagram came in; the view lives as long as the call. What is longer than `longest` was cut off.
  using Take = std::function<void(ByteView datagram, const SocketAddress& from)>;

  static constexpr std::size_t longest = 8192;

  /// Other programs may listen on the same port; each of them hears every broadcast.
  static Result<std::unique_ptr<UdpSocket>> listen(Loop& loop, std::uint16_t port, Take take);

  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  /// Sends at once or not at all. An announcement that is lost comes again.
  Result<void> send(ByteView datagram, const SocketAddress& to);

 private:
  UdpSocket(Handle<uv_udp_t> handle, Take take);
  Handle<uv_udp_t> handle_;
  Take take_;
  std::array<char, longest> buffer_{};
};

}  // namespace ssblog
