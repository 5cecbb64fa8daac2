// SPDX-License-Identifier: MIT
#include "view/socket_stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto write_patience = 20s;  // of a peer that does not read

}  // namespace

SocketStream::~SocketStream() {
  ::shutdown(socket_, SHUT_RDWR);
  ::close(socket_);
}

bool SocketStream::wait(short events, std::chrono::milliseconds patience) const {
  const auto end = Clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    pollfd wish{socket_, events, 0};
    const int ready = ::poll(&wish, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return (wish.revents & events) != 0;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool SocketStream::wait_for_request(std::chrono::milliseconds patience) const {
  char byte = 0;
  return wait(POLLIN, patience) && ::recv(socket_, &byte, 1, MSG_PEEK) == 1;
}

bool SocketStream::is_readable() const {
  return wait(POLLIN, std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()));
}

bool SocketStream::is_writable() const {
  // A peer that has gone is not writable, though the kernel would take bytes for it.
  char byte = 0;
  if (wait(POLLIN, 0ms) && ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) return false;
  return wait(POLLOUT, write_patience);
}

ssize_t SocketStream::read(char* bytes, size_t size) {
  if (!is_readable()) return -1;
  for (;;) {
    const ssize_t got = ::recv(socket_, bytes, size, 0);
    if (got >= 0 || errno != EINTR) return got;
  }
}

ssize_t SocketStream::write(const char* bytes, size_t size) {
  for (;;) {
    if (!wait(POLLOUT, write_patience)) return -1;
    const ssize_t sent = ::send(socket_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return sent;
    if (errno != EINTR && errno != EAGAIN) return -1;
  }
}

// Nobody asks: addresses are no identity here.
void SocketStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}
void SocketStream::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace ssblog
