// SPDX-License-Identifier: MIT
// view/socket_stream.h - a connection for cpp-httplib that keeps limits: the head of a request is there in time, not longer than
// it may be, and can be read in one way only; an answer is taken at some pace; or the connection ends.
//
// Used by the server. The library's own limits are for each read; a peer that sends a byte now and then would hold a thread
// for ever, and a line without an end would fill the memory. One thread.
#pragma once

#include "view/http_head_check.h"

#include <httplib.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace ssblog {

class SocketStream final : public httplib::Stream {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t longest_request = HttpHeadCheck::longest;
  static constexpr std::size_t slowest_reader =
      64 * 1024;  // bytes a second that a peer takes at least, in the long run

  /// Owns the socket. `crowded`: others wait for this thread, so that patience is short.
  SocketStream(int socket, std::function<bool()> crowded) : socket_(socket), crowded_(std::move(crowded)) {}
  ~SocketStream() override;
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  /// False: nothing came in that time, or the peer has gone.
  bool wait_for_request(std::chrono::milliseconds patience);
  /// All of the next request is to be there in that time.
  void expect_request(std::chrono::milliseconds time);
  /// Reads as much as the head of that request takes; `read` gives it out afterwards. False: it did not come in time, or the
  /// peer has gone. Code::usage for one that is refused.
  Result<bool> read_head();

  /// False: the peer has closed the connection, at least its own side of it. A question to the kernel.
  bool is_there() const;

  // Newer versions of the library ask apart whether bytes are there and whether to wait for them (meson.build looks).
#ifdef SSBLOG_HTTPLIB_WAITS
  bool is_readable() const override { return has_bytes(); }
  bool wait_readable() const override { return wait_for_bytes(); }
  bool wait_writable() const override { return is_there() && wait_for_room(); }
  time_t duration() const override { return 0; }
#else
  bool is_readable() const override { return wait_for_bytes(); }
  bool is_writable() const override { return is_there() && wait_for_room(); }
#endif
  ssize_t read(char* bytes, size_t size) override;
  ssize_t write(const char* bytes, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  int socket() const override { return socket_; }

 private:
  bool has_bytes() const { return begin_ != held_.size(); }
  /// Takes what comes, in time, behind what is held. False: nothing does.
  bool receive();
  bool wait_for_bytes() const;
  bool wait_for_room() const;
  bool wait(short events, Clock::time_point end, Clock::time_point end_if_crowded) const;

  int socket_;
  const std::function<bool()> crowded_;
  Clock::time_point began_{}, deadline_{};
  std::size_t may_come_ = 0;          ///< bytes of the request under way
  mutable Clock::duration waited_{};  ///< for the peer to take what is written since the request
  std::size_t written_ = 0;
  std::string held_;       ///< of the request, and what came behind it, which belongs to the next one
  std::size_t begin_ = 0;  ///< of what is not given out yet
};

}  // namespace ssblog
