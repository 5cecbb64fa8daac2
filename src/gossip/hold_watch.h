// SPDX-License-Identifier: MIT
// gossip/hold_watch.h - whether publishing is held, as far as the daemon knows: what hosts claim of our own feed, and
// what the last attempt to sign found.
//
// Used by Node. The store has the last word (store/hold.h); here claims are written to it, and those that nobody proves
// fall. On the loop's thread. Source: design.md, section 5, "Held".
#pragma once

#include "gossip/chores.h"
#include "gossip/protocol/own_claims.h"
#include "store/hold.h"
#include "store/peer_book.h"

namespace ssblog {

class HoldWatch {
 public:
  struct Events {
    /// A host says to hold more of our own feed than we do: publishing is held from now on.
    std::function<void(const FeedId& host, Seq claimed)> claimed;
    /// It did not send what it said to hold.
    std::function<void(const FeedId& host)> fallen;
    /// Everybody who is connected is to be asked for our own feed.
    std::function<void()> ask;
    std::function<bool(const FeedId& host)> is_connected;
    std::function<bool(const FeedId& host)> is_known;  ///< we replicate its feed
  };

  /// Borrows both.
  HoldWatch(Scheduler& scheduler, Chores& chores, Events events);

  /// Takes up the claims that the store keeps.
  Result<void> start(PeerBook& book);

  void own_feed_ahead(const FeedId& host, Seq claimed);
  /// Another copy of this host has proven to run at a place: publishing is held from now on.
  void copy_met(const std::string& where);
  void connected(const FeedId& host) { claims_.connected(host, scheduler_.now()); }

  enum class Change { none, begun, over };
  /// What an attempt to sign found.
  Change settle(Hold hold);
  bool is_held() const { return held_; }

 private:
  void doubt();
  Scheduler& scheduler_;
  Chores& chores_;
  Events events_;
  OwnClaims claims_;  ///< of our own feed, beyond what we hold
  bool held_ = false;
  Timer doubt_soon_;
};

}  // namespace ssblog
