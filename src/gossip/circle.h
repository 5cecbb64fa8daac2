// SPDX-License-Identifier: MIT
// gossip/circle.h - how far every feed is from ours, as the contacts in the store say.
//
// Used by Node, and by the commands that show or forget feeds. One thread. Source: replication.md, "Hops".
#pragma once

#include "gossip/protocol/hops.h"
#include "store/peer_book.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace ssblog {

struct Circle {
  int most = 0;                    ///< hops that are replicated, as in JavaScript
  std::map<FeedId, int> distance;  ///< as `hops` gives it
  std::vector<Edge> edges;
  /// Hosts that follow more than max_follows_of_host: the others of theirs do not count, so that one that follows
  /// everybody, or invents hosts, does not fill the disk.
  std::set<FeedId> greedy;

  std::set<FeedId> replicated() const;
  /// Hosts that we block.
  std::set<FeedId> blocked() const;
  /// Of the replicated feeds: who may not get which (feed, host), by its author's word.
  std::set<std::pair<FeedId, FeedId>> withheld() const;
};

Result<Circle> read_circle(PeerBook& book, const FeedId& own, int most);

}  // namespace ssblog
