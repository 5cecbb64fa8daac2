// SPDX-License-Identifier: MIT
// feed/hmac.h - HMAC-SHA-256 under a shared secret of any length.
//
// Used to check what applications sign. Pure, any thread. Source: RFC 2104.
#pragma once

#include "feed/bytes.h"

#include <sodium.h>

#include <array>

namespace ssblog {

class HmacKey {
 public:
  using Mac = std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES>;

  explicit HmacKey(ByteView secret);
  HmacKey(const HmacKey&) = default;
  HmacKey& operator=(const HmacKey&) = default;
  /// The secret goes from memory.
  ~HmacKey();

  Mac mac_of(ByteView text) const;
  /// Takes the same time wherever they differ.
  [[nodiscard]] bool holds(const Mac& mac, ByteView text) const;

 private:
  crypto_auth_hmacsha256_state begun_;  ///< the secret is taken in already: half the work of a short text
};

}  // namespace ssblog
