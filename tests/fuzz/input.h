// SPDX-License-Identifier: MIT
// fuzz/input.h - the bytes of a fuzzer, taken apart into choices; and how a target says that something is wrong.
//
// Used by the targets of tests/fuzz, each one LLVMFuzzerTestOneInput. What is taken behind the end is zero or empty, so
// that every input means something. One thread an object.
#pragma once

#include "feed/bytes.h"
#include "feed/keys.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace ssblog::fuzz {

/// Ends the run when a promise is broken; libFuzzer keeps the input.
inline void must(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", promise);
  std::abort();
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
  explicit Input(ByteView bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }

  std::uint8_t byte() {
    const ByteView one = bytes(1);
    return one.empty() ? std::uint8_t{0} : one[0];
  }
  bool coin() { return (byte() & 1) != 0; }

  /// Big-endian, of `size` bytes; at most 8.
  std::uint64_t number(int size) {
    std::uint64_t value = 0;
    for (; size > 0; --size) value = value << 8 | byte();
    return value;
  }

  /// 0 and up, below `limit`, which is 1 or more.
  std::size_t below(std::size_t limit) { return number(limit > 256 ? 4 : 1) % limit; }

  ByteView bytes(std::size_t most) {
    const ByteView taken = rest_.first(std::min(most, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  ByteView rest() { return bytes(rest_.size()); }
  std::string_view rest_text() { return as_text(rest()); }

  /// A text with its length before it.
  std::string_view text(std::size_t most = 255) {
    return as_text(bytes(std::min<std::size_t>(byte(), most)));
  }

  template <std::size_t N>
  std::array<std::uint8_t, N> block() {
    std::array<std::uint8_t, N> out{};
    std::ranges::copy(bytes(N), out.begin());
    return out;
  }

 private:
  ByteView rest_;
};

/// Calls `take` with the bytes in pieces, cut as `seed` says: short ones, long ones, some empty.
template <class Take>
void in_pieces(ByteView bytes, std::uint8_t seed, const Take& take) {
  std::uint32_t state = seed * 2654435761U + 1;
  while (!bytes.empty()) {
    state = state * 1664525U + 1013904223U;
    const std::size_t wide = (state >> 30) == 0 ? 4096 : 8;
    const std::size_t size = std::min<std::size_t>((state >> 8) % wide, bytes.size());
    take(bytes.first(size));
    bytes = bytes.subspan(size);
  }
}

/// A few changes at places that the input chooses: bits, cuts, insertions.
inline void damage(ByteBuf& bytes, Input& input) {
  for (std::size_t changes = input.byte() % 4; changes > 0 && !bytes.empty(); --changes) {
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(input.below(bytes.size()));
    switch (input.byte() % 4) {
      case 0:
        *at = static_cast<std::uint8_t>(*at ^ 1 << input.byte() % 8);
        break;
      case 1:
        *at = input.byte();
        break;
      case 2:
        bytes.erase(at, bytes.end());
        break;
      default: {
        const ByteView more = input.bytes(input.byte() % 64);
        bytes.insert(at, more.begin(), more.end());
      }
    }
  }
}

/// The same keys in every run.
inline KeyPair keys_of(std::uint8_t number) {
  std::array<std::uint8_t, 32> seed{};
  seed.fill(number);
  return KeyPair::from_seed(seed);
}

}  // namespace ssblog::fuzz
