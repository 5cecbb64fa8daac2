// SPDX-License-Identifier: MIT
// sim/random.h - numbers that follow from a seed, the same on every machine.
//
// Used by everything in the simulation. The distributions of <random> differ between libraries.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ssblog::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// Source: SplitMix64, Steele, Lea and Flood 2014.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// 0 to `count` - 1.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(most - least + 1));
  }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }

 private:
  std::uint64_t state_;
};

}  // namespace ssblog::sim
