// SPDX-License-Identifier: MIT
#include "feed/sha256.h"

#include "feed/crypto_sodium.h"

namespace ssblog {

Sha256::Sha256() {
  need_sodium();
  must(crypto_hash_sha256_init(&state_));
}

void Sha256::add(ByteView bytes) { must(crypto_hash_sha256_update(&state_, bytes.data(), bytes.size())); }

std::array<std::uint8_t, crypto_hash_sha256_BYTES> Sha256::finish() {
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
  must(crypto_hash_sha256_final(&state_, digest.data()));
  return digest;
}

}  // namespace ssblog
