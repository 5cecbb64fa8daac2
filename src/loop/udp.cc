// SPDX-License-Identifier: MIT
#include "loop/udp.h"

#include <fmt/format.h>

#include <cstring>

namespace ssblog {

Result<std::unique_ptr<UdpSocket>> UdpSocket::listen(Loop& loop, std::uint16_t port, Take take) {
  const std::string doing = fmt::format("cannot listen on UDP port {}", port);
  auto raw = std::make_unique<uv_udp_t>();
  if (const int code = uv_udp_init(loop.raw(), raw.get()); code != 0) return uv_error(doing, code);
  raw->data = nullptr;
  Handle<uv_udp_t> handle(raw.release());
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  int code = uv_udp_bind(handle.get(), reinterpret_cast<const sockaddr*>(&any), UV_UDP_REUSEADDR);
  if (code == 0) code = uv_udp_set_broadcast(handle.get(), 1);
  if (code != 0) return uv_error(doing, code);
  std::unique_ptr<UdpSocket> socket(new UdpSocket(std::move(handle), std::move(take)));
  code = uv_udp_recv_start(
      socket->handle_.get(),
      [](uv_handle_t* udp, std::size_t, uv_buf_t* buffer) {
        auto* self = static_cast<UdpSocket*>(udp->data);
        if (self == nullptr) return;
        *buffer = uv_buf_init(self->buffer_.data(), longest);
      },
      [](uv_udp_t* udp, ssize_t count, const uv_buf_t* buffer, const sockaddr* from, unsigned) {
        auto* self = static_cast<UdpSocket*>(udp->data);
        // An empty one has a sender; without one there is nothing more to read.
        if (self == nullptr || count < 0 || from == nullptr || from->sa_family != AF_INET) return;
        SocketAddress address;
        std::memcpy(&address.raw, from, sizeof(sockaddr_in));
        self->take_({reinterpret_cast<const std::uint8_t*>(buffer->base), static_cast<std::size_t>(count)},
                    address);
      });
  if (code != 0) return uv_error(doing, code);
  return socket;
}

UdpSocket::UdpSocket(Handle<uv_udp_t> handle, Take take)
    : handle_(std::move(handle)), take_(std::move(take)) {
  handle_->data = this;
}

Result<void> UdpSocket::send(ByteView datagram, const SocketAddress& to) {
  // libuv only reads from it.
  const uv_buf_t buffer = uv_buf_init(reinterpret_cast<char*>(const_cast<std::uint8_t*>(datagram.data())),
                                      static_cast<unsigned>(datagram.size()));
  const int code = uv_udp_try_send(handle_.get(), &buffer, 1, reinterpret_cast<const sockaddr*>(&to.raw));
  if (code < 0) return uv_error(fmt::format("cannot send to {}", to.text()), code);
  return {};
}

}  // namespace ssblog
