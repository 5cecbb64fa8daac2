// SPDX-License-Identifier: MIT
// gossip/held_feeds.h - which feeds the store holds, and how far: the vector clock of this host, as it was last looked at.
//
// Used by Replicator, which says it to the peers. Other processes write to the store as well: one may forget a feed that then
// comes again under another number. Whoever looks there tells what was seen, and hears what it means. Borrows the store. On
// the loop's thread.
#pragma once

#include "feed/id.h"
#include "feed/result.h"
#include "store/store.h"

#include <map>
#include <string>
#include <vector>

namespace ssblog {

class HeldFeeds {
 public:
  explicit HeldFeeds(Store& store) : store_(store) {}

  /// What became of a feed since it was last looked at. It fell back when it was forgotten and came again, or was damaged and
  /// cut: it has another number then.
  enum class Change { none, grew, fell_back };
  Change look(const FeedId& feed, FeedNumber number, Seq have);

  /// This process stored messages of it, up to `have`.
  void stored(const FeedId& feed, Seq have);

  /// Forgets what is in none of `rows`, all that the store has, or has another number there.
  /// @return these feeds.
  std::vector<FeedId> drop_gone(const std::vector<FeedRow>& rows);

  bool empty() const { return feeds_.empty(); }
  bool contains(const FeedId& feed) const { return feeds_.contains(feed); }
  /// The last message of it; 0: none is held.
  Seq have(const FeedId& feed) const;
  /// Null: no feed of this number was looked at. Valid until the next look.
  const FeedId* feed_of(FeedNumber number) const;
  /// A message as it was signed; empty when it is not held.
  Result<std::string> text_of(const FeedId& feed, Seq sequence);

 private:
  struct Held {
    FeedNumber number = 0;
    Seq have = 0;
  };

  Store& store_;
  std::map<FeedId, Held> feeds_;
  std::map<FeedNumber, FeedId> ids_;
};

}  // namespace ssblog
