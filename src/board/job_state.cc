// SPDX-License-Identifier: MIT
#include "board/job_state.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace ssblog {
namespace {

using namespace std::chrono_literals;
constexpr Millis ms(std::chrono::milliseconds time) { return time.count(); }

constexpr std::size_t fewest_intervals = 3;
/// A job of weekdays rests three times as long as it usually does; what differs more is not regular.
constexpr Millis regular_within = 4;
/// Behind the longest interval that was seen: half of it, and never less than this.
constexpr Millis least_patience = ms(10min);
/// A run without an end may take so long, or four times the usual.
constexpr Millis longest_run = ms(24h);

Millis median(std::vector<Millis> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::optional<Millis> regular_interval(std::span<const KnownRun> newest_first) {
  std::vector<Millis> intervals;
  for (std::size_t i = 0; i + 1 < newest_first.size(); ++i) {
    const Millis interval = newest_first[i].start() - newest_first[i + 1].start();
    if (interval > 0) intervals.push_back(interval);  // a clock that was set back says nothing
  }
  if (intervals.size() < fewest_intervals) return std::nullopt;
  const Millis longest = *std::max_element(intervals.begin(), intervals.end());
  if (longest > regular_within * median(intervals)) return std::nullopt;
  return longest;
}

}  // namespace

std::string_view word_of(JobState state) {
  switch (state) {
    case JobState::never_ended:
      return "never ended";
    case JobState::failed:
      return "failed";
    case JobState::late:
      return "late";
    case JobState::silent:
      return "silent";
    case JobState::running:
      return "running";
    case JobState::ok:
      return "ok";
    case JobState::lines:
      return "lines";
  }
  return "";
}

bool is_trouble(JobState state) {
  return state == JobState::never_ended || state == JobState::failed || state == JobState::late ||
         state == JobState::silent;
}

Habit habit_of(std::span<const KnownRun> newest_first) {
  const auto looked_at = newest_first.first(std::min(newest_first.size(), runs_for_habit));
  Habit habit;
  std::vector<Millis> durations;
  for (const KnownRun& run : looked_at) {
    if (run.is_good() && run.duration) durations.push_back(*run.duration);
  }
  if (!durations.empty()) habit.duration = median(std::move(durations));
  habit.interval = regular_interval(looked_at);
  return habit;
}

JobStanding stand(std::span<const KnownRun> newest_first, const Habit& habit, Millis now) {
  const KnownRun& last = newest_first.front();
  JobStanding standing;
  if (habit.interval)
    standing.due = last.start() + *habit.interval + std::max(*habit.interval / 2, least_patience);
  if (last.began && !last.ended) {
    const Millis most = std::max(longest_run, 4 * habit.duration.value_or(0));
    standing.state = now - last.start() > most ? JobState::never_ended : JobState::running;
    standing.since = last.start();
    return standing;
  }
  standing.since = last.ended.value_or(last.latest);
  if (last.is_bad()) {
    standing.state = JobState::failed;
  } else if (standing.due && now > *standing.due) {
    standing.state = JobState::silent;
    standing.since = *standing.due;
  } else {
    standing.state = last.ended ? JobState::ok : JobState::lines;
  }
  return standing;
}

}  // namespace ssblog
