// SPDX-License-Identifier: MIT
#include "hostile/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ssblog::hostile {
namespace {

using namespace std::chrono_literals;

constexpr auto connect_patience = 2s;
constexpr std::size_t most_read = 64 * 1024;

std::optional<sockaddr_in> address_of(const Place& place) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(place.port);
  if (::inet_pton(AF_INET, place.host.c_str(), &address.sin_addr) != 1) return std::nullopt;
  return address;
}

/// A socket that is bound to an address of this machine; -1 when it cannot be.
int bound(int type, const std::string& from) {
  const auto address = address_of({from, 0});
  const int fd = ::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || !address) return fd;
  // The port is chosen when it connects: thousands of connections go to one place.
  const int on = 1;
  static_cast<void>(::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on));
  static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

bool Socket::wait(short events, Moment deadline) const {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd one{fd_, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::max(left, 0ms).count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool Socket::connect(const void* address, std::size_t bytes) const {
  if (::connect(fd_, static_cast<const sockaddr*>(address), static_cast<socklen_t>(bytes)) == 0) return true;
  if (errno != EINPROGRESS || !wait(POLLOUT, from_now(connect_patience))) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

std::optional<Socket> Socket::tcp(const std::string& from, const Place& to) {
  const auto address = address_of(to);
  Socket made(bound(SOCK_STREAM, from));
  if (!address || made.fd_ < 0 || !made.connect(&*address, sizeof *address)) return std::nullopt;
  return made;
}

std::optional<Socket> Socket::udp(const std::string& from, const Place& to) {
  const auto address = address_of(to);
  Socket made(bound(SOCK_DGRAM, from));
  if (!address || made.fd_ < 0 || !made.connect(&*address, sizeof *address)) return std::nullopt;
  return made;
}

std::optional<Socket> Socket::unix_socket(const std::string& path, int type) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  path.copy(address.sun_path, path.size());
  Socket made(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // A unix socket whose queue is full says so at once.
  for (const Moment deadline = from_now(connect_patience); made.fd_ >= 0;) {
    if (made.connect(&address, sizeof address)) return made;
    if (errno != EAGAIN || std::chrono::steady_clock::now() >= deadline) break;
    ::poll(nullptr, 0, 1);
  }
  return std::nullopt;
}

std::optional<Socket> Socket::unix_stream(const std::string& path) { return unix_socket(path, SOCK_STREAM); }
std::optional<Socket> Socket::unix_datagrams(const std::string& path) {
  return unix_socket(path, SOCK_DGRAM);
}

bool Socket::send(ByteView bytes, milliseconds patience) const {
  const Moment deadline = from_now(patience);
  do {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
    if (bytes.empty()) return true;
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
  } while (wait(POLLOUT, deadline) && std::chrono::steady_clock::now() < deadline);
  return false;
}

Heard Socket::read(ByteBuf& into, Moment deadline) const {
  const std::size_t before = into.size();
  for (;;) {
    into.resize(before + most_read);
    const auto got = ::recv(fd_, into.data() + before, most_read, 0);
    const int error = errno;
    into.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got > 0) return Heard::bytes;
    if (got == 0 || (error != EAGAIN && error != EINTR)) return Heard::end;
    if (!wait(POLLIN, deadline)) return Heard::silence;
  }
}

bool Socket::ends(Moment deadline) const {
  for (ByteBuf dropped;; dropped.clear()) {
    if (const Heard heard = read(dropped, deadline); heard != Heard::bytes) return heard == Heard::end;
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
}

void Socket::shut() const { static_cast<void>(::shutdown(fd_, SHUT_WR)); }

void Socket::reset() {
  const linger at_once{1, 0};
  static_cast<void>(::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
}

}  // namespace ssblog::hostile
