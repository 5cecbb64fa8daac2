// SPDX-License-Identifier: MIT
// intake/sender_counts.h - which datagrams of a sender never came, by its counter.
//
// Used by the datagram receiver. A network may bring one before another: what is missing is asked for a while later
// (`settle`), and what came meanwhile does not count. Bounded. Pure, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace ssblog {

class SenderCounts {
 public:
  static constexpr std::size_t most = 1000;         ///< senders that are counted
  static constexpr std::uint64_t most_behind = 64;  ///< further back is a sender that began anew
  static constexpr std::uint64_t most_ahead = std::uint64_t{1} << 20;  ///< further ahead too

  /// One came.
  void take(const std::string& sender, std::uint64_t seq);

  /// Calls `missing` for each sender that misses some since the last call.
  void settle(const std::function<void(const std::string& sender, std::uint64_t count)>& missing);

 private:
  struct Sender {
    std::uint64_t highest = 0;
    std::uint64_t left = 0;     ///< the highest when it began anew; another process may still count on there
    std::uint64_t before = 0;   ///< bit n: highest - 1 - n is missing
    std::uint64_t missing = 0;  ///< since the last settle
    std::uint64_t used = 0;     ///< how many were taken before it, of all senders
  };
  static void begin_anew(Sender& sender, std::uint64_t seq);

  std::map<std::string, Sender> senders_;
  std::uint64_t taken_ = 0;
};

}  // namespace ssblog
