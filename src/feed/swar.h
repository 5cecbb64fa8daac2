// SPDX-License-Identifier: MIT
// feed/swar.h - eight bytes looked at as one number.
//
// Used inside feed/ by utf and json. Pure, any thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ssblog::swar {

inline constexpr std::size_t width = 8;  // bytes in a word

/// The same byte eight times.
constexpr std::uint64_t all(std::uint8_t byte) { return byte * 0x0101010101010101U; }

inline constexpr std::uint64_t high_bits = all(0x80);

/// Eight bytes, the first one lowest on every machine.
inline std::uint64_t load(const void* from) {
  std::uint64_t word;
  std::memcpy(&word, from, width);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

/// Which byte has the lowest bit of `marks`, a choice of high bits that is not empty.
inline std::size_t first(std::uint64_t marks) {
  return static_cast<std::size_t>(std::countr_zero(marks)) / 8;
}

/// How many high bits `marks` has; it has no other bits.
inline std::size_t count(std::uint64_t marks) {
  return static_cast<std::size_t>((marks >> 7) * all(1) >> 56);
}

/// The high bit of each byte that is `byte`. Marks above the lowest one may be wrong.
inline std::uint64_t equal(std::uint64_t word, std::uint8_t byte) {
  const std::uint64_t difference = word ^ all(byte);
  return (difference - all(1)) & ~difference & high_bits;
}

}  // namespace ssblog::swar
