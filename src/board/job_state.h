// SPDX-License-Identifier: MIT
// board/job_state.h - how a job stands, out of its last runs.
//
// Used by the board. Pure, any thread. Times are ms since 1970; those of runs are of the host's own clock.
#pragma once

#include "store/run_book.h"

#include <optional>
#include <span>
#include <string_view>

namespace ssblog {

enum class JobState {
  never_ended,  ///< its last run began, and nothing was heard of its end for too long
  failed,       ///< its last run ended, and not well
  late,         ///< a rule wants a run, and it is not there
  silent,       ///< it ran regularly, and does not any more
  running,
  ok,
  lines,  ///< it only pipes lines: nothing says how it ended
};

/// "ok", "never ended", ...
std::string_view word_of(JobState state);

/// True for what a person should look at.
bool is_trouble(JobState state);

/// What a job usually does. Nothing where its runs are too few to say.
struct Habit {
  std::optional<Millis> duration;  ///< ms: the median of runs that ended well
  std::optional<Millis>
      interval;  ///< ms: the longest between the starts of its last runs, where these are regular
};

/// So many runs are enough to know a habit.
inline constexpr std::size_t runs_for_habit = 12;

/// Out of the last runs, the newest first.
Habit habit_of(std::span<const KnownRun> newest_first);

struct JobStanding {
  JobState state = JobState::lines;
  Millis since = 0;  ///< when what makes it so happened: a start, an end, the time at which it was due
  std::optional<Millis> due;  ///< when the next run is overdue; nothing where nobody can say
};

/// `newest_first` is not empty.
JobStanding stand(std::span<const KnownRun> newest_first, const Habit& habit, Millis now);

}  // namespace ssblog
