// SPDX-License-Identifier: MIT
// feed/sha256.h - SHA-256 of bytes that come in pieces.
//
// Pure, any thread. For bytes that are there as a whole: `sha256` (crypto.h).
#pragma once

#include "feed/bytes.h"

#include <sodium/crypto_hash_sha256.h>

#include <array>

namespace ssblog {

class Sha256 {
 public:
  Sha256();
  void add(ByteView bytes);
  /// Of all that was added; nothing may be added any more.
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> finish();

 private:
  crypto_hash_sha256_state state_;
};

}  // namespace ssblog
