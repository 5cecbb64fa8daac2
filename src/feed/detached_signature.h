// SPDX-License-Identifier: MIT
// feed/detached_signature.h - a signature of a host over any bytes, for scripts: that it was this host which said so.
//
// Used by sign. What is signed begins with a word of its own and a purpose, so that it can never be taken for a message, a
// handshake or the signature of another purpose. Pure, any thread. Source: docs/format.md, "Detached signatures".
#pragma once

#include "feed/keys.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace ssblog {

/// Longest purpose, in bytes; of [A-Za-z0-9._@/-], and not empty.
inline constexpr std::size_t longest_purpose = 64;
inline constexpr std::string_view default_purpose = "file";

using Sha256Digest = std::array<std::uint8_t, 32>;

bool is_purpose(std::string_view word);

/// One line of JSON, without a line end: author, purpose, sha256 of the bytes, signature.
std::string sign_digest(const KeyPair& keys, std::string_view purpose, const Sha256Digest& digest);

struct DetachedSignature {
  FeedId author;
  std::string purpose;
  Sha256Digest digest{};
};

/// Code::data for anything that `sign_digest` did not make, or whose signature does not hold.
Result<DetachedSignature> check_signature(std::string_view text);

}  // namespace ssblog
