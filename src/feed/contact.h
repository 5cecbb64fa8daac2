// SPDX-License-Identifier: MIT
// feed/contact.h - what a contact message says: who follows or blocks whom.
//
// Used by the store, which keeps the newest word of each pair, and by the commands that write one. Pure, any
// thread. Source: replication.md, "Who is replicated".
#pragma once

#include "feed/id.h"

#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// One feed's word about another. The values are the reference's, and stand in stores.
enum class Relation : int { follows = 1, blocks = -1, neither = -2 };

struct Contact {
  FeedId contact;
  Relation relation = Relation::neither;
  bool operator==(const Contact&) const = default;
};

/// The contact message of canonical compact content; nothing for any other content.
std::optional<Contact> read_contact(std::string_view content);

/// The contents by which ssb-server follows, unfollows, blocks and unblocks.
std::string follow_content(const FeedId& contact, bool following);
std::string block_content(const FeedId& contact, bool blocking);

}  // namespace ssblog
