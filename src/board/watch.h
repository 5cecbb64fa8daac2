// SPDX-License-Identifier: MIT
// board/watch.h - looks over all rules and all jobs of a store: which alerts are to be made, and what is overdue.
//
// Used by the daemon, which makes the alerts, by the board, which shows what is overdue, by what shows
// alerts, and by the simulation. One thread.
#pragma once

#include "board/judge.h"
#include "store/alert_book.h"
#include "store/daemon_state.h"

#include <optional>
#include <set>
#include <vector>

namespace ssblog {

/// Who looks, and what it knows beside its store.
struct Watcher {
  FeedId own;
  std::optional<Millis> since;  ///< when it began to; nothing: it only looks now
  std::set<FeedId> connected;   ///< hosts, now
  Patience patience;
};

/// How a job stands against a rule.
struct RuleStanding {
  StandingRule rule;
  WatchedJob of;
  bool ran = true;  ///< false: it never did, since the rule was made
  std::optional<Overdue> overdue;
  std::optional<Millis> due;  ///< when the next run has to be there
};

struct WatchReport {
  std::vector<AlertRecord> missing;   ///< that nobody made yet whose word counts here
  std::vector<AlertRecord> doubtful;  ///< likewise, but this host may be cut off: not to be signed
  std::vector<RuleStanding> standings;
  std::optional<Millis> wake;  ///< when more may follow by the mere time
};

/// A program that looks now, on a host that is up. `daemon`: what its daemon says of itself, if it runs.
Watcher onlooker(const FeedId& own, Millis not_seen, const std::optional<DaemonState>& daemon);

Result<WatchReport> look_over(Store& store, const Watcher& watcher, Millis now);

/// An alert in doubt, which nobody signs, for showing it: of this host alone, and open. `made`: what its time is to be.
KnownAlert doubtful_alert(AlertRecord alert, const FeedId& own, Millis made);

}  // namespace ssblog
