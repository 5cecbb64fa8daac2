// SPDX-License-Identifier: MIT
#include "board/job_state.h"

#include <doctest/doctest.h>

#include <vector>

using namespace ssblog;

namespace {

constexpr Millis minute = 60'000, hour = 60 * minute, day = 24 * hour;
constexpr Millis noon = 1'795'262'400'000;

KnownRun ended(Millis start, Millis duration, int status = 0) {
  KnownRun run;
  run.seen = start;
  run.began = start;
  run.ended = start + duration;
  run.status = status;
  run.duration = duration;
  run.latest = start + duration;
  return run;
}

KnownRun open(Millis start) {
  KnownRun run;
  run.seen = start;
  run.began = start;
  run.latest = start;
  return run;
}

KnownRun piped(Millis start) {
  KnownRun run;
  run.seen = start;
  run.latest = start + minute;
  return run;
}

/// `count` good runs, the last one at `last`, the newest first.
std::vector<KnownRun> every(Millis interval, std::size_t count, Millis last = noon) {
  std::vector<KnownRun> runs;
  for (std::size_t i = 0; i < count; ++i)
    runs.push_back(ended(last - static_cast<Millis>(i) * interval, hour));
  return runs;
}

JobState state_at(const std::vector<KnownRun>& runs, Millis now) {
  return stand(runs, habit_of(runs), now).state;
}

}  // namespace

TEST_CASE("a job stands as its last run does") {
  CHECK(state_at({ended(noon, hour)}, noon + 2 * hour) == JobState::ok);
  CHECK(state_at({ended(noon, hour, 1)}, noon + 2 * hour) == JobState::failed);
  CHECK(state_at({ended(noon, hour), ended(noon - day, hour, 1)}, noon + 2 * hour) == JobState::ok);
  CHECK(state_at({piped(noon)}, noon + 2 * hour) == JobState::lines);
  KnownRun no_status = ended(noon, hour);
  no_status.status.reset();
  CHECK(state_at({no_status}, noon + 2 * hour) == JobState::failed);
}

TEST_CASE("a run without an end runs, until it took far too long") {
  CHECK(state_at({open(noon)}, noon + 24 * hour) == JobState::running);
  CHECK(state_at({open(noon)}, noon + 24 * hour + 1) == JobState::never_ended);
  // What usually takes ten hours may take forty.
  const std::vector<KnownRun> slow = {open(noon), ended(noon - 2 * day, 10 * hour)};
  CHECK(state_at(slow, noon + 40 * hour) == JobState::running);
  CHECK(state_at(slow, noon + 40 * hour + 1) == JobState::never_ended);
  // A clock that is behind ours is no trouble.
  CHECK(state_at({open(noon)}, noon - hour) == JobState::running);
}

TEST_CASE("a job that ran regularly and stops is silent, without any rule") {
  const auto daily = every(day, 8);
  CHECK(habit_of(daily).interval == day);
  CHECK(state_at(daily, noon + 36 * hour) == JobState::ok);
  CHECK(state_at(daily, noon + 36 * hour + 1) == JobState::silent);
  CHECK(stand(daily, habit_of(daily), noon + 3 * day).since == noon + 36 * hour);
  // One that failed last stays that: it is the worse.
  auto failed = daily;
  failed.front().status = 1;
  CHECK(state_at(failed, noon + 3 * day) == JobState::failed);
  // What is piped stops as well.
  std::vector<KnownRun> lines;
  for (Millis i = 0; i < 6; ++i) lines.push_back(piped(noon - i * hour));
  CHECK(state_at(lines, noon + 90 * minute) == JobState::lines);
  CHECK(state_at(lines, noon + 91 * minute) == JobState::silent);
}

TEST_CASE("what has no rhythm is never silent") {
  CHECK(state_at(every(day, 3), noon + 100 * day) == JobState::ok);  // too few to know
  std::vector<KnownRun> now_and_then;
  for (const Millis before : {0 * hour, 1 * hour, 2 * hour, 20 * hour, 21 * hour, 100 * hour})
    now_and_then.push_back(ended(noon - before, minute));
  CHECK_FALSE(habit_of(now_and_then).interval);
  CHECK(state_at(now_and_then, noon + 100 * day) == JobState::ok);
}

TEST_CASE("a job of weekdays is not silent on a Monday, nor in the night when clocks change") {
  std::vector<KnownRun> weekdays;  // Monday to Friday, the newest first: a Friday
  for (const int before : {0, 1, 2, 3, 4, 7, 8, 9, 10, 11})
    weekdays.push_back(ended(noon - before * day, hour));
  CHECK(habit_of(weekdays).interval == 3 * day);
  CHECK(state_at(weekdays, noon + 3 * day + hour) == JobState::ok);
  auto shifted = every(day, 8);
  shifted.front() = ended(noon + hour, hour);
  CHECK(state_at(shifted, noon + 26 * hour) == JobState::ok);
}

TEST_CASE("a clock that was set back makes no interval") {
  auto runs = every(hour, 6);
  runs.insert(runs.begin(), ended(noon - 10 * day, hour));
  CHECK(habit_of(runs).interval == hour);
}

TEST_CASE("the usual time is the median of runs that ended well") {
  const std::vector<KnownRun> runs = {ended(noon, 50 * minute), ended(noon - day, 1, 1),
                                      ended(noon - 2 * day, hour), ended(noon - 3 * day, 10 * hour)};
  CHECK(habit_of(runs).duration == hour);
  CHECK_FALSE(habit_of(std::vector<KnownRun>{open(noon)}).duration);
}
