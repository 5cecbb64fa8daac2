// SPDX-License-Identifier: MIT
// feed/successor.h - the statement by which the owner of a feed says which feed goes on in its place.
//
// Used by the store, by gossip and by `id`. It stands in the new feed, and is told to hosts that do not have that feed
// yet: the signature in it is of the old key, so it needs no other proof. Pure, any thread. Source: docs/format.md.
#pragma once

#include "feed/keys.h"
#include "feed/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// One feed takes the place of another.
struct Successor {
  FeedId supersedes;
  FeedId successor;
  FeedState last;  ///< the last message of the old feed that stands whatever comes; sequence 0: none
  /// The message behind that one which the old feed does not go on with: what its branch says stands in the new feed.
  std::optional<MessageKey> left;
  bool operator==(const Successor&) const = default;
};

/// What is signed: lines of text that begin as nothing else does that a key of SSB signs.
std::string successor_statement(const Successor& statement);

/// The content of the message, signed by the old key.
std::string successor_content(const Successor& statement, const KeyPair& old);

/// The statement of canonical compact content, if all of it is as it should be and the old key signed it; nothing for
/// any other content. Whether it stands in the feed of the successor is for the caller to see.
std::optional<Successor> read_successor(std::string_view content);

}  // namespace ssblog
