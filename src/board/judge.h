// SPDX-License-Identifier: MIT
// board/judge.h - holds the runs of one job against one rule: which alerts follow, and when the next run is due.
//
// Used by the watch that makes alerts (watch.h), and by the board. Pure: rule, runs, signs of life and a time in, alerts
// out; any thread. What follows from the runs alone follows for every host and at any later time alike, so that all make
// alerts of the same ids. Only for a run that is not there it takes a judgement, and the signs of life are its evidence.
// Source: docs/architecture.md, "Alerts".
#pragma once

#include "feed/alert_record.h"
#include "store/alert_book.h"
#include "store/run_book.h"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace ssblog {

/// What this host knows of whether the watched host lives, and whether it is cut off itself.
struct SignsOfLife {
  std::optional<Millis> self_since;  ///< it is this host itself: since when it watches
  Millis latest = 0;                 ///< the watched host's last message that is here, by its clock
  bool connected = false;            ///< to the watched host, now
  bool behind = false;               ///< somebody says to hold more of its feed
  bool sealed = false;               ///< its feed is forked: no more of it comes
  std::vector<Millis> others;  ///< the last sign of each other host that we follow; now: it is connected
};

/// How long is waited before a run counts as absent.
struct Patience {
  Millis not_seen = 15 * 60'000;  ///< nothing of the host came to us
  Millis behind =
      Millis{6} * 3'600'000;  ///< ... but somebody claims to have more of it, and does not prove it
};

struct WatchedRuns {
  WatchedJob of;
  std::vector<KnownRun> newest_first;  ///< all since the rule was made, or the last `most_judged_runs`
  bool more = false;                   ///< there are older ones since then
  std::vector<KnownAlert> alerts;      ///< of this rule and job, as far as they are known
};

inline constexpr std::size_t most_judged_runs = 200;

/// The first scheduled time after another; nothing: there is none. Empty: the rule has no calendar.
using NextScheduled = std::function<std::optional<Millis>(Millis)>;

/// Why a run that is overdue made no alert yet.
enum class Doubt {
  none,     ///< it did make one
  waiting,  ///< it may still come
  cut_off,  ///< this host hears of too few others: it may be cut off itself
};

struct Overdue {
  Millis due = 0;
  Doubt doubt = Doubt::none;
  AlertReason reason = AlertReason::none;  ///< of what made an alert
};

struct Judgement {
  /// All that follow, those that are known included, faults before what ends them. Nothing older than `longest_memory`.
  std::vector<AlertRecord> alerts;
  /// Those that would follow if this host could trust its eyes: it is cut off, or the watched host is dead.
  std::vector<AlertRecord> doubtful;
  std::optional<Overdue> overdue;  ///< a run is missing now
  std::optional<Millis> due;       ///< when the next run has to be there; nothing: no rule says
  std::optional<Millis> wake;      ///< when something more may follow by the mere time
};

/// What is older is not told any more: a host that comes new into a network does not tell its history.
inline constexpr Millis longest_memory = Millis{31} * 24 * 3'600'000;

/// One job of a host. That it never ran is not looked at: then there is nothing to hold the rule against.
Judgement judge(const StandingRule& rule, const WatchedRuns& runs, const NextScheduled& next,
                const SignsOfLife& life, const Patience& patience, Millis now);

/// Whether any of the jobs of a host that the rule is about ran since it was made: `runs` are those of all, `runs.of` has
/// source and destination as the rule says them.
Judgement judge_silence(const StandingRule& rule, const WatchedRuns& runs, const NextScheduled& next,
                        const SignsOfLife& life, const Patience& patience, Millis now);

}  // namespace ssblog
