// SPDX-License-Identifier: MIT
// board/alert_turns.h - whose turn it is to make an alert: many see the same fault, and mostly one is to say it.
//
// Used by the daemon and the simulation. Nothing is agreed upon: each waits by its place in an order that follows from the
// alert, and makes it if nobody did by then. Two that do are no harm, since their ids are equal. One thread.
#pragma once

#include "feed/alert_record.h"

#include <map>
#include <optional>
#include <span>
#include <vector>

namespace ssblog {

/// How many wait for a turn before this host: the one whose job it is goes first, the others by the hash of alert and host.
std::size_t turn_of(const AlertRecord& alert, const FeedId& own, std::span<const FeedId> watchers);

class AlertTurns {
 public:
  /// Of the alerts that nobody made yet those to be made now. What is not missing any more is forgotten.
  /// @param watchers hosts that may see the same, this one among them or not
  /// @param spread between two turns, ms
  std::vector<AlertRecord> take(const std::vector<AlertRecord>& missing, const FeedId& own,
                                std::span<const FeedId> watchers, Millis spread, Millis now);

  /// When the next turn comes; nothing: none is waited for.
  std::optional<Millis> next() const { return next_; }

 private:
  std::map<AlertId, Millis> first_seen_;
  std::optional<Millis> next_;
};

}  // namespace ssblog
