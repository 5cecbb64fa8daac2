// SPDX-License-Identifier: MIT
// intake/syslog_connections.h - the TCP connections of syslog senders.
//
// Used by the syslog receiver. So many at a time, each with bounded bytes; one that nobody writes to ends after a while, or
// when another needs its place. A sender whose messages find no room is not read on, and waits. On the loop's thread.
#pragma once

#include "intake/syslog_frames.h"
#include "loop/tcp.h"
#include "loop/timer.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace ssblog {

class SyslogConnections {
 public:
  static constexpr std::size_t most = 128;
  static constexpr std::chrono::milliseconds longest_idle{60 * 60 * 1000};
  static constexpr std::chrono::milliseconds gives_way{
      60 * 1000};  ///< idle for so long, its place is free for another

  /// False: there is no room now; the same message comes again after `go_on`.
  using Take = std::function<bool(const SyslogFrame& frame, const SocketAddress& from)>;
  SyslogConnections(Loop& loop, Take take);
  SyslogConnections(const SyslogConnections&) = delete;
  SyslogConnections& operator=(const SyslogConnections&) = delete;
  ~SyslogConnections();

  /// False: there are too many, and this one ends.
  [[nodiscard]] bool add(std::unique_ptr<TcpStream> stream);
  /// There is room again.
  void go_on();
  static constexpr std::size_t most_drained = std::size_t{16} * 1024 * 1024;  ///< bytes, of all at the end

  /// Gives on all that came, what still waits with the kernel too, and ends all connections. `lost` is called for each
  /// message that finds no room, and once for a connection that more waits of than is read at the end.
  void close(const std::function<void()>& lost);

  std::size_t size() const { return connections_.size(); }

 private:
  struct Connection;
  void took(std::uint64_t number, ByteView bytes);
  void ended(std::uint64_t number);
  bool pump(Connection& connection);
  void pump_or_lose(Connection& connection);
  bool finish(Connection& connection);
  void sweep();

  Loop& loop_;
  const Take take_;
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_ = 0;
  std::uint64_t served_ = 0;    ///< took the room last
  std::size_t drained_ = 0;     ///< bytes that were read at the end
  std::function<void()> lost_;  ///< set at the end: what finds no room is lost
  Timer sweep_;
};

}  // namespace ssblog
