// SPDX-License-Identifier: MIT
// gossip/log_gate.h - so many log lines of a kind in a while: whoever is outside must not fill the disk with them.
//
// Used by Node. Pure, one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace ssblog {

class LogGate {
 public:
  using Time = std::chrono::milliseconds;  ///< on a clock that never jumps

  static constexpr std::size_t lines = 20;
  static constexpr Time window = std::chrono::seconds(20);

  /// True: say it. `left_out` is how many of the kind were not said since the last one that was.
  bool lets_through(const std::string& kind, Time now, std::size_t& left_out) {
    Kind& one = kinds_[kind];
    if (now - one.since >= window) one = {now, 0, one.left_out};
    if (one.said >= lines) {
      ++one.left_out;
      return false;
    }
    ++one.said;
    left_out = std::exchange(one.left_out, 0);
    return true;
  }

 private:
  struct Kind {
    Time since{0};
    std::size_t said = 0;
    std::size_t left_out = 0;
  };
  std::map<std::string, Kind> kinds_;  ///< kinds are words of ours, a handful
};

}  // namespace ssblog
