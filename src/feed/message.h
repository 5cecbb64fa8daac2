// SPDX-License-Identifier: MIT
// feed/message.h - a message of a feed: signing one, and checking one of others.
//
// Used by the store, the bundles and replication. A check leaves its mark in the type: `inspect` makes an
// Inspected (what can be said without the feed: form, hash, signature; the slow part, for worker
// threads), `verify` and `sign` make a Verified (its place in the feed is right too), and the store takes
// nothing else. Pure, any thread. Source: messages.md.
#pragma once

#include "feed/id.h"
#include "feed/keys.h"
#include "feed/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ssblog {

using Seq = std::uint32_t;                                   ///< sequence number of a message, from 1 on
inline constexpr Seq max_sequence = 2147483647;              ///< rule 9
inline constexpr std::size_t max_message_units = 8192;       ///< UTF-16 units of T(message), rule 12
inline constexpr std::size_t max_message_bytes = 64 * 1024;  ///< received text; more cannot be a message

/// The last accepted message of a feed: what the next one must name.
struct FeedState {
  Seq sequence = 0;
  MessageKey key;
  bool operator==(const FeedState&) const = default;
};

/// The rules of messages.md, "Validation", in their order; the first that is broken is told.
enum class Rule : int {
  json = 0,  ///< the text is JSON at all (ours)
  author = 1,
  signature_form = 2,
  sequence = 3,
  previous = 4,
  first_previous = 5,
  first_sequence = 6,
  first_timestamp = 7,
  fields = 8,
  sequence_range = 9,
  content = 10,
  hash = 11,
  size = 12,
  type = 13,
  hmac_key = 14,
  signature = 15,
  timestamp = 16,  ///< a number from the second message on too (ssb-db.add asks for it)
};

/// Why a message was refused. `fatal` rules end a feed for peers that see it (a fork, a false signature).
struct Rejection {
  Rule rule = Rule::json;
  std::string text;  ///< one sentence without a final stop
  bool fatal() const;
};

/// What verify and sign found: who, where in the feed, when, and the text that is stored and sent.
struct MessageFacts {
  FeedId author;
  Seq sequence = 0;
  std::optional<MessageKey> previous;  ///< none for the first message
  MessageKey key;
  double timestamp = 0;           ///< as signed: ms since 1970, may have a fraction, may lie
  std::string text;               ///< compact JSON of the whole message, signature included
  std::size_t content_begin = 0;  ///< where `content` stands in text
  std::size_t content_size = 0;

  std::string_view content() const { return std::string_view(text).substr(content_begin, content_size); }
};

class Inspected;
class Verified;

/// Checks all that needs no feed. `received` are bytes as they came (malformed UTF-8 becomes U+FFFD).
std::variant<Inspected, Rejection> inspect(ByteView received, const SigningKey* hmac);

/// Checks the place in the feed; `state` is empty when nothing of the feed is held.
std::variant<Verified, Rejection> verify(Inspected inspected, const std::optional<FeedState>& state);

/// Both, the cheap checks before the signature.
std::variant<Verified, Rejection> verify(ByteView received, const std::optional<FeedState>& state,
                                         const SigningKey* hmac);

/// The next message of our feed. `content` is canonical compact JSON.
/// @return Code::data when the content is none that may be published (type, size, `.box` text).
Result<Verified> sign(const KeyPair& keys, const std::optional<FeedState>& state, double timestamp,
                      std::string_view content, const SigningKey* hmac);

/// What a message says of its own place, and its key, from the text that is stored: without a look at the signature, a
/// tenth of the work. Nothing when the text is no message. The key leaves out the high byte of UTF-16 units.
struct MessagePlace {
  FeedId author;
  Seq sequence = 0;
  std::optional<MessageKey> previous;
  MessageKey key;
};
std::optional<MessagePlace> place_in_feed(std::string_view stored);

/// Length in UTF-16 units of T(message) around a content of no length, with the longest sequence and a
/// timestamp of three decimals: what a content can never use.
std::size_t message_overhead_units();

/// A message whose form, key and signature are good.
class Inspected {
 public:
  const FeedId& author() const { return facts_.author; }
  Seq sequence() const { return facts_.sequence; }
  const MessageKey& key() const { return facts_.key; }

 private:
  friend class MessageReader;
  friend std::variant<Verified, Rejection> verify(Inspected, const std::optional<FeedState>&);
  Inspected() = default;
  MessageFacts facts_;
};

/// A message that belongs where it says.
class Verified {
 public:
  const MessageFacts* operator->() const { return &facts_; }
  const MessageFacts& operator*() const { return facts_; }
  FeedState state() const { return {facts_.sequence, facts_.key}; }

 private:
  friend std::variant<Verified, Rejection> verify(Inspected, const std::optional<FeedState>&);
  friend Result<Verified> sign(const KeyPair&, const std::optional<FeedState>&, double, std::string_view,
                               const SigningKey*);
  Verified() = default;
  MessageFacts facts_;
};

}  // namespace ssblog
