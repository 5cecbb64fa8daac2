// SPDX-License-Identifier: MIT
// gossip/protocol/own_claims.h - who says to hold more of our own feed than we do, and what to think of it.
//
// Used by Node. Pure: time comes in as an argument. A claim holds publishing, since signing on from an old state would
// break the feed; but anybody may claim anything, so a claim is proved by messages, or falls. Source: design.md,
// section 5, "Held".
#pragma once

#include "feed/id.h"
#include "feed/message.h"

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <vector>

namespace ssblog {

class OwnClaims {
 public:
  using Time = std::chrono::milliseconds;  ///< on a clock that never jumps

  /// A host that stays connected for so long and sends no message of ours has none.
  static constexpr Time patience = std::chrono::seconds(60);
  static constexpr std::size_t most = 256;  ///< hosts that are remembered, of each sort

  /// True: this is news, publishing is to be held. False: known, or of a host that claimed in vain before.
  bool take(const FeedId& host, Seq claimed, Time now);
  /// The host has connected: its time to prove the claim begins anew.
  void connected(const FeedId& host, Time now);

  /// The hosts whose claims fall now: they were connected long enough, or are gone and were nobody that we know.
  std::vector<FeedId> fallen(Time now, const std::function<bool(const FeedId&)>& is_connected,
                             const std::function<bool(const FeedId&)>& is_known);
  /// Publishing is held no more.
  void clear() { claims_.clear(); }
  bool empty() const { return claims_.empty(); }

 private:
  struct Claim {
    Seq claimed = 0;
    Time since{0};
  };
  std::map<FeedId, Claim> claims_;
  std::set<FeedId> liars_;
};

}  // namespace ssblog
