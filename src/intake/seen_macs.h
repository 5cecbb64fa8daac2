// SPDX-License-Identifier: MIT
// intake/seen_macs.h - which signed datagrams were taken already, so that none is taken twice.
//
// Used by the datagram receiver. A datagram is good from `ttl` before its time to `ttl` behind it, so its MAC is kept for
// that long: in slices by the time that it says, which go as a whole. Bounded; when it is full, nothing more is taken
// until a slice goes. Pure: times are arguments. One thread.
#pragma once

#include "feed/hmac.h"
#include "feed/record.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

namespace ssblog {

class SeenMacs {
 public:
  using Steady = std::chrono::milliseconds;  ///< on a clock that never jumps

  static constexpr std::size_t most = std::size_t{1} << 20;  ///< MACs that are remembered; 16 MiB at most

  explicit SeenMacs(std::chrono::milliseconds ttl);

  enum class Answer {
    fresh,
    repeated,
    full,
    too_old,  ///< the clock went back to a time whose MACs are forgotten
  };
  /// Remembers it. Its MAC is right, and `time` is no further than ttl from the wall clock.
  Answer take(const HmacKey::Mac& mac, Millis time, Steady now);

  std::size_t size() const { return size_; }

 private:
  /// A set of numbers with open places; 0 is an empty one.
  struct Slice {
    std::vector<std::uint64_t> places;
    std::size_t used = 0;
    Steady last{0};  ///< when something was put in
    bool has(std::uint64_t number) const;
    void put(std::uint64_t number);
  };
  void forget(Steady now);

  const Millis ttl_;
  std::map<Millis, Slice> slices_;  ///< by time / slice length
  Millis forgotten_ = 0;            ///< of times before it, nobody knows what was taken
  std::size_t size_ = 0;
};

}  // namespace ssblog
