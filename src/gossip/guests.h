// SPDX-License-Identifier: MIT
// gossip/guests.h - those who dial us with the key of an invite, and what they may do: have a feed followed.
//
// Used by Node. What is decided, and the message that follows the feed, are one transaction on a worker (use_invite). A
// guest gets words that it may show to a person, nothing of our disk. On the loop's thread. Source: invites.md.
#pragma once

#include "gossip/own_publisher.h"
#include "gossip/protocol/ebt.h"
#include "gossip/protocol/rpc.h"
#include "store/invites.h"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace ssblog {

class Guests {
 public:
  /// What became of one call.
  struct Answer {
    PeerNumber peer = 0;  ///< may be gone meanwhile
    CallId id;
    FeedId guest;                ///< the invite's key
    std::optional<FeedId> feed;  ///< that is to be followed; none: the guest did not say
    Result<std::string> result;  ///< the message, as ssb-server answers it, or the words for the guest
    bool is_news = false;        ///< the feed is followed from now on
    bool is_trouble = false;     ///< it is for us to see to, not for the guest
    std::string trouble;         ///< what it is
  };

  /// Borrows store and publisher. `answered` may be called before `use` returns.
  Guests(Store& store, OwnPublisher& publisher, const FeedId& own, std::function<Millis()> clock,
         std::function<void(const Answer&)> answered);

  /// Is it the key of an invite, in whatever state?
  bool knows(const FeedId& key);

  /// A guest calls invite.use.
  void use(PeerNumber peer, const FeedId& guest, CallId id, const std::string& args);

  /// A guest has left.
  void gone(PeerNumber peer) { calls_.erase(peer); }

 private:
  OwnPublisher& publisher_;
  const FeedId own_;
  InviteBook book_;
  std::function<Millis()> clock_;
  std::function<void(const Answer&)> answered_;
  std::map<PeerNumber, std::size_t> calls_;
};

}  // namespace ssblog
