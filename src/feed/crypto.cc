// SPDX-License-Identifier: MIT
#include "feed/crypto.h"

#include "feed/crypto_sodium.h"

namespace ssblog {

std::array<std::uint8_t, 32> sha256(ByteView bytes) {
  std::array<std::uint8_t, 32> hash;
  must(crypto_hash_sha256(hash.data(), bytes.data(), bytes.size()));
  return hash;
}

void random_bytes(std::span<std::uint8_t> out) {
  need_sodium();
  randombytes_buf(out.data(), out.size());
}

std::array<std::uint8_t, crypto_auth_BYTES> hmac_of(ByteView text, const SigningKey& key) {
  std::array<std::uint8_t, crypto_auth_BYTES> mac;
  must(crypto_auth(mac.data(), text.data(), text.size(), key.bytes.data()));
  return mac;
}

bool signature_holds(const FeedId& author, ByteView text, const Signature& signature,
                     const SigningKey* hmac) {
  need_sodium();
  if (hmac == nullptr) {
    return crypto_sign_verify_detached(signature.data(), text.data(), text.size(), author.bytes.data()) == 0;
  }
  const auto mac = hmac_of(text, *hmac);
  return crypto_sign_verify_detached(signature.data(), mac.data(), mac.size(), author.bytes.data()) == 0;
}

}  // namespace ssblog
