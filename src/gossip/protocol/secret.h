// SPDX-License-Identifier: MIT
// gossip/protocol/secret.h - secret bytes that are wiped when they go.
//
// Used by the handshake and the box stream. Pure, any thread.
#pragma once

#include "feed/bytes.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ssblog {

/// N secret bytes. Moves, does not copy; what was moved from is wiped too.
template <std::size_t N>
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::span<const std::uint8_t, N> bytes) { std::copy(bytes.begin(), bytes.end(), data()); }
  Secret(Secret&& from) noexcept : bytes_(from.bytes_) { from.wipe(); }
  Secret& operator=(Secret&& from) noexcept {
    if (this != &from) {
      bytes_ = from.bytes_;
      from.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  std::uint8_t* data() { return bytes_.data(); }
  const std::uint8_t* data() const { return bytes_.data(); }
  ByteView view() const { return bytes_; }
  void wipe() { sodium_memzero(bytes_.data(), N); }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

}  // namespace ssblog
