// SPDX-License-Identifier: MIT
// gossip/mender.h - what the daemon does about messages that are damaged in its store.
//
// Used by Node. A copy of another host's feed is cut before its first bad message, and peers send the rest again; damage
// in our own feed holds publishing. One feed at a time, on a worker. On the loop's thread.
#pragma once

#include "loop/work.h"
#include "store/home.h"
#include "store/mend.h"

#include <functional>
#include <optional>
#include <set>

namespace ssblog {

class Mender {
 public:
  struct Events {
    std::function<void(const FeedId& feed, const Mended& mended)> mended;  ///< peers are to be asked again
    std::function<void()> own_damaged;                                     ///< publishing is held now
    std::function<void(const FeedId& feed, const Error& error)> failed;    ///< a person has to look
  };

  Mender(Scheduler& scheduler, Home home, const FeedId& own, const std::optional<SigningKey>& hmac,
         std::function<Millis()> clock, Events events);

  /// A message of the feed could not be read. May be said as often as it is found.
  void found(const FeedId& feed);

 private:
  void start();
  static Result<Mended> work(const Home& home, const FeedId& feed, const std::optional<SigningKey>& hmac,
                             bool own, Millis now);

  Scheduler& scheduler_;
  const Home home_;
  const FeedId own_;
  const std::optional<SigningKey> hmac_;
  std::function<Millis()> clock_;
  Events events_;
  std::set<FeedId> waiting_;
  std::set<FeedId> given_up_;  ///< that could not be mended; they are not tried again
  bool busy_ = false;
  Ticket ticket_;
};

}  // namespace ssblog
