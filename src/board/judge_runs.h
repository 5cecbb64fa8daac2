// SPDX-License-Identifier: MIT
// board/judge_runs.h - the runs that a judge looks at, and what they say by themselves: failed, too long, too short.
//
// Used by judge.cc. Pure, any thread.
#pragma once

#include "board/judge.h"

#include <string>
#include <vector>

namespace ssblog {

/// The runs that count, by their starts: since the rule was made, and not dated far ahead of our clock.
std::vector<KnownRun> runs_that_count(const StandingRule& rule, const WatchedRuns& runs, Millis now);

/// It ended well, and within the limits of the rule. One that only has lines says nothing against that.
bool is_clean(const KnownRun& run, const Expectation& rule);

std::optional<Millis> duration_of(const KnownRun& run);

/// An alert about a run.
AlertRecord alert_of(AlertKind kind, const StandingRule& rule, const WatchedJob& of, const KnownRun& run);

/// Those that ended badly so often in a row, or took too long or too short. `more`: older ones are not among them.
std::vector<AlertRecord> faults_of_runs(const StandingRule& rule, const WatchedJob& of,
                                        const std::vector<KnownRun>& by_start, bool more);

}  // namespace ssblog
