// SPDX-License-Identifier: MIT
// feed/crypto.h - the few operations of libsodium that feeds need, with every return value checked.
//
// Used by keys and message. Pure but for the random source; any thread.
#pragma once

#include "feed/id.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ssblog {

using Signature = std::array<std::uint8_t, 64>;

/// SHA-256.
std::array<std::uint8_t, 32> sha256(ByteView bytes);

/// Fills `out` with random bytes fit for keys.
void random_bytes(std::span<std::uint8_t> out);

/// True when `signature` is that of `author` over `text`, or over its HMAC when the network has a signing
/// key. libsodium refuses small-order keys and an S above the group order.
/// Source: messages.md, "Signature".
[[nodiscard]] bool signature_holds(const FeedId& author, ByteView text, const Signature& signature,
                                   const SigningKey* hmac);

}  // namespace ssblog
