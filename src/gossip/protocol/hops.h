// SPDX-License-Identifier: MIT
// gossip/protocol/hops.h - how far feeds are from our own, by who follows and blocks whom.
//
// Used by gossip and by status. Pure, any thread. Source: replication.md, "Hops"; ssb-friends.
#pragma once

#include "feed/contact.h"

#include <map>
#include <span>

namespace ssblog {

/// One feed's last word about another; one edge a pair.
struct Edge {
  FeedId author;
  FeedId contact;
  Relation relation = Relation::neither;
};

/// The distance of every feed to which a path leads. 0: our own. Negative: the path ends in a block or an
/// unfollow; -1 is a block of ours. `max` as in JavaScript: 1 is those we follow, 2 those whom they follow too.
std::map<FeedId, int> hops(const FeedId& own, std::span<const Edge> edges, int max);

/// Feeds at this distance are replicated.
constexpr bool is_replicated(int distance, int max) { return distance >= 0 && distance <= max; }

}  // namespace ssblog
