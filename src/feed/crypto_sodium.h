// SPDX-License-Identifier: MIT
// feed/crypto_sodium.h - what crypto.cc and keys.cc share of libsodium; not for other files.
#pragma once

#include "feed/id.h"

#include <sodium.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace ssblog {

/// libsodium is set up once, before its first use. Without a random source nothing can go on.
inline void need_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) {
    std::fputs("ssblog: libsodium cannot start: the system has no random source\n", stderr);
    std::abort();
  }
}

/// For calls that fail only by a bug of ours (a wrong length).
inline void must(int result) {
  if (result != 0) {
    std::fputs("ssblog: libsodium refused an operation that cannot fail\n", stderr);
    std::abort();
  }
}

/// HMAC-SHA-512-256 of a text under the network's signing key.
std::array<std::uint8_t, crypto_auth_BYTES> hmac_of(ByteView text, const SigningKey& key);

}  // namespace ssblog
