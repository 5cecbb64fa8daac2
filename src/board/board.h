// SPDX-License-Identifier: MIT
// board/board.h - how all jobs of all hosts stand, and how fresh the hosts' feeds are here.
//
// Used by status, and by whatever shows the same. All texts are claims of the feed that they come from, and may hold
// anything: who shows them escapes them. One thread.
#pragma once

#include "board/job_state.h"
#include "board/watch.h"
#include "store/store.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// One of the last runs of a job, for a picture of many.
struct RunGlance {
  std::optional<Millis> duration;    ///< ms; nothing: it has not ended, or does not say
  JobState state = JobState::lines;  ///< never_ended, failed, running, ok or lines
};

struct BoardJob {
  FeedId feed;
  std::string host;  ///< what the feed calls itself; empty: nothing
  std::string job, source, destination;
  JobStanding standing;
  Habit habit;
  KnownRun last;
  std::optional<KnownRun> last_good, last_bad;
  std::vector<RunGlance> runs;     ///< the last ones, the newest first; `last` is the first of them
  bool ran = true;                 ///< false: a rule wants it, and it never ran; `last` says nothing
  std::optional<RuleId> rule;      ///< that says when it is due
  std::optional<Overdue> overdue;  ///< by that rule
  std::string
      last_words;  ///< the last line that a run in trouble wrote, on stderr if it wrote there; at most 500 bytes
};

struct BoardHost {
  FeedId id;
  std::string name;
  Seq messages = 0;
  Millis latest = 0;          ///< time of its last message, by its clock; 0: there is none
  Millis received = 0;        ///< when that came here, by our clock
  std::optional<FeedId> via;  ///< from whom; nothing: it is ours, or came in a bundle
  Seq behind = 0;             ///< messages that another host says to hold beyond ours
};

struct Board {
  Millis now = 0;
  std::vector<BoardJob> jobs;    ///< those in trouble first, then by job, host, source and destination
  std::size_t left_out = 0;      ///< feeds that have more jobs than are shown
  std::vector<BoardHost> hosts;  ///< by their ids
};

/// Jobs of one feed that are shown. One that invents names must not push the others out.
inline constexpr std::size_t most_jobs_of_feed = 1000;

/// Runs of one job that are glanced at.
inline constexpr std::size_t most_glances = 30;

/// As the store has it at one moment. `watcher` is this host.
Result<Board> read_board(Store& store, const Watcher& watcher, Millis now);

}  // namespace ssblog
