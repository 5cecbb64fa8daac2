// SPDX-License-Identifier: MIT
// hostile/socket.h - a plain socket of the attacker's side: it waits with a deadline, and sends whatever it is told.
//
// Used by the cases and by the honest host. Blocking to its caller, never for longer than it is told.
#pragma once

#include "feed/bytes.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ssblog::hostile {

using std::chrono::milliseconds;
using Moment = std::chrono::steady_clock::time_point;

inline Moment from_now(milliseconds time) { return std::chrono::steady_clock::now() + time; }

/// What came of waiting for bytes.
enum class Heard { bytes, end, silence };

/// An IPv4 address and a port.
struct Place {
  std::string host;
  std::uint16_t port = 0;
};

class Socket {
 public:
  /// Nothing when nobody listens there, or the connection is not taken within two seconds. `from`: an address of this
  /// machine to come from.
  static std::optional<Socket> tcp(const std::string& from, const Place& to);
  static std::optional<Socket> unix_stream(const std::string& path);
  static std::optional<Socket> unix_datagrams(const std::string& path);
  static std::optional<Socket> udp(const std::string& from, const Place& to);

  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  /// False when the other side is gone, or does not read for so long.
  bool send(ByteView bytes, milliseconds patience = milliseconds(2000)) const;
  /// Appends what comes until the deadline, at most 64 KiB.
  Heard read(ByteBuf& into, Moment deadline) const;
  /// True when the other side ends the connection before the deadline; what it sends meanwhile is dropped.
  bool ends(Moment deadline) const;
  /// Nothing more will be sent.
  void shut() const;
  /// The end is a reset, not an end.
  void reset();

 private:
  explicit Socket(int fd) : fd_(fd) {}
  static std::optional<Socket> unix_socket(const std::string& path, int type);
  bool connect(const void* address, std::size_t bytes) const;
  bool wait(short events, Moment deadline) const;
  int fd_ = -1;
};

}  // namespace ssblog::hostile
