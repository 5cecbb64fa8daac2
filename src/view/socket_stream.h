// SPDX-License-Identifier: MIT
// view/socket_stream.h - a connection for cpp-httplib that keeps times: a request is there in time, whole, or it ends.
//
// Used by the server. The library's own limits each read; a peer that sends a byte now and then would hold a thread for
// ever. One thread.
#pragma once

#include <httplib.h>

#include <chrono>
#include <string>

namespace ssblog {

class SocketStream final : public httplib::Stream {
 public:
  using Clock = std::chrono::steady_clock;

  /// Owns the socket.
  explicit SocketStream(int socket) : socket_(socket) {}
  ~SocketStream() override;
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  /// False: nothing came in that time, or the peer has gone.
  bool wait_for_request(std::chrono::milliseconds patience) const;
  /// All of the next request is to be there in that time.
  void expect_request(std::chrono::milliseconds time) { deadline_ = Clock::now() + time; }

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* bytes, size_t size) override;
  ssize_t write(const char* bytes, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  int socket() const override { return socket_; }

 private:
  bool wait(short events, std::chrono::milliseconds patience) const;

  int socket_;
  Clock::time_point deadline_{};
};

}  // namespace ssblog
