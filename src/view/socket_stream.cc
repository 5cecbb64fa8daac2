// SPDX-License-Identifier: MIT
#include "view/socket_stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t read_size = 4096;
constexpr auto write_patience = 20s;   // with a peer that takes nothing
constexpr auto answer_patience = 60s;  // with all of an answer, beyond the pace at which it must be taken
constexpr auto crowded_patience = 1s;  // for a request, when others wait
constexpr auto crowd_look = 200ms;     // until it is looked again whether others do

}  // namespace

SocketStream::~SocketStream() {
  // Bytes that nobody read would have the kernel throw the answer away: some of them are taken, never waited for.
  std::array<char, read_size> unread;
  for (std::size_t left = longest_request; left > 0;) {
    const ssize_t got = ::recv(socket_, unread.data(), unread.size(), MSG_DONTWAIT);
    if (got <= 0) break;
    left -= std::min(left, static_cast<std::size_t>(got));
  }
  ::shutdown(socket_, SHUT_RDWR);
  ::close(socket_);
}

/// Until one of the events is there: true. False: the time is over, or the socket is.
bool SocketStream::wait(short events, Clock::time_point end, Clock::time_point end_if_crowded) const {
  for (;;) {
    const auto now = Clock::now();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now);
    const auto step = std::clamp<std::chrono::milliseconds>(left, 0ms, crowd_look);
    pollfd wish{socket_, events, 0};
    const int ready = ::poll(&wish, 1, static_cast<int>(step.count()));
    if (ready > 0) return (wish.revents & events) != 0;
    if (ready < 0 && errno != EINTR) return false;
    if (left <= 0ms || (now >= end_if_crowded && crowded_())) return false;
  }
}

void SocketStream::expect_request(std::chrono::milliseconds time) {
  began_ = Clock::now();
  deadline_ = began_ + time;
  may_come_ = longest_request;
  waited_ = {};
  written_ = 0;
}

bool SocketStream::wait_for_request(std::chrono::milliseconds patience) {
  if (has_bytes()) return true;
  expect_request(patience);
  char byte = 0;
  return wait_for_bytes() && ::recv(socket_, &byte, 1, MSG_PEEK) == 1;
}

bool SocketStream::wait_for_bytes() const {
  return has_bytes() || wait(POLLIN, deadline_, began_ + crowded_patience);
}

/// Of one that has gone the kernel would take bytes for a while. To be asked where an answer has no end, or takes long to be
/// found: who asks once may well send nothing more.
bool SocketStream::is_there() const {
#ifdef POLLRDHUP
  // Also where bytes of its next request wait before its end.
  pollfd wish{socket_, POLLRDHUP, 0};
  if (::poll(&wish, 1, 0) > 0) return false;
#endif
  if (has_bytes()) return true;
  char byte = 0;
  const ssize_t got = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

bool SocketStream::wait_for_room() const {
  const auto before = Clock::now();
  const Clock::duration left = answer_patience + std::chrono::seconds(written_ / slowest_reader) - waited_;
  const bool is_ready =
      wait(POLLOUT, before + std::min<Clock::duration>(left, write_patience), Clock::time_point::max());
  waited_ += Clock::now() - before;
  return is_ready;
}

bool SocketStream::receive() {
  if (may_come_ == 0 || !wait(POLLIN, deadline_, began_ + crowded_patience)) return false;
  std::array<char, read_size> came;
  const ssize_t got = ::recv(socket_, came.data(), std::min(came.size(), may_come_), 0);
  if (got <= 0) return false;
  may_come_ -= static_cast<std::size_t>(got);
  held_.append(came.data(), static_cast<std::size_t>(got));
  return true;
}

Result<bool> SocketStream::read_head() {
  held_.erase(0, begin_);
  begin_ = 0;
  HttpHeadCheck check;
  for (;;) {
    auto head = check.look(held_);
    if (!head) return head.error();
    if (*head) return true;
    if (!receive()) return false;
  }
}

ssize_t SocketStream::read(char* bytes, size_t size) {
  if (!has_bytes()) {
    held_.clear();
    begin_ = 0;
    if (!receive()) return -1;
  }
  const std::size_t taken = std::min(size, held_.size() - begin_);
  std::memcpy(bytes, held_.data() + begin_, taken);
  begin_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t SocketStream::write(const char* bytes, size_t size) {
  for (;;) {
    if (!wait_for_room()) return -1;
    const ssize_t sent = ::send(socket_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      written_ += static_cast<std::size_t>(sent);
      return sent;
    }
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
