// SPDX-License-Identifier: MIT
#include "feed/hmac.h"

#include "feed/crypto_sodium.h"

namespace ssblog {

HmacKey::HmacKey(ByteView secret) {
  need_sodium();
  must(crypto_auth_hmacsha256_init(&begun_, secret.data(), secret.size()));
}

HmacKey::~HmacKey() { sodium_memzero(&begun_, sizeof begun_); }

HmacKey::Mac HmacKey::mac_of(ByteView text) const {
  auto state = begun_;
  Mac mac;
  must(crypto_auth_hmacsha256_update(&state, text.data(), text.size()));
  must(crypto_auth_hmacsha256_final(&state, mac.data()));
  return mac;
}

bool HmacKey::holds(const Mac& mac, ByteView text) const {
  const Mac right = mac_of(text);
  return sodium_memcmp(mac.data(), right.data(), right.size()) == 0;
}

}  // namespace ssblog
