// SPDX-License-Identifier: MIT
// feed/id.h - the ids of feeds and messages, as types of their own.
//
// Used everywhere. Pure, any thread. Source: identities.md, "Ids".
#pragma once

#include "feed/bytes.h"

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// 32 bytes that are one kind of thing, so that the compiler refuses a message key where a feed is wanted.
template <class Tag>
struct Key32 {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Key32&) const = default;
  ByteView view() const { return bytes; }

  /// `from` must be 32 bytes long.
  static std::optional<Key32> from(ByteView from) {
    if (from.size() != 32) return std::nullopt;
    Key32 key;
    std::copy(from.begin(), from.end(), key.bytes.begin());
    return key;
  }
};

using FeedId = Key32<struct FeedTag>;         ///< Ed25519 public key of a host
using MessageKey = Key32<struct MessageTag>;  ///< SHA-256 of a signed message
using NetworkKey = Key32<struct NetworkTag>;  ///< caps.shs: who may talk to whom
using SigningKey = Key32<struct SigningTag>;  ///< caps.sign: HMAC key of a network's signatures

/// `@` + 44 characters of base64 + `.ed25519`.
std::string to_text(const FeedId& id);
/// `%` + 44 characters of base64 + `.sha256`.
std::string to_text(const MessageKey& key);

/// The feed of its text, and of nothing else: canonical base64, right length, right suffix.
std::optional<FeedId> parse_feed_id(std::string_view text);
std::optional<MessageKey> parse_message_key(std::string_view text);

/// The eight characters by which a person knows a feed: the beginning of its URL-safe base64.
std::string short_id(const FeedId& id);

}  // namespace ssblog

template <class Tag>
struct std::hash<ssblog::Key32<Tag>> {
  // Keys and hashes are already random; eight bytes of them are a good hash.
  std::size_t operator()(const ssblog::Key32<Tag>& key) const noexcept {
    std::size_t head = 0;
    for (std::size_t i = 0; i < sizeof head; ++i) head = head << 8 | key.bytes[i];
    return head;
  }
};
