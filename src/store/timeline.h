// SPDX-License-Identifier: MIT
// store/timeline.h - the messages of a store by the times of their lines.
//
// Used by tools/assemble, which makes texts of them. Borrows the store; one thread. Begin a ReadTransaction where the
// answers of several calls are to be of one state. Times are t' (design.md, section 6), in ms since 1970.
#pragma once

#include "feed/instance.h"
#include "store/store.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// A message, and when its first line stands.
struct TimedRow {
  Millis first = 0;
  RowId row;
};

/// A message whose clock was not set yet, and when its lines were written in truth.
struct RightedRow {
  Millis first = 0;  ///< time of its first line; its greatest may be later
  Millis last = 0;
  Millis shift = 0;  ///< to be added to times before `first_likely_time` (feed/boot_clock.h)
  RowId row;
};

class Timeline {
 public:
  explicit Timeline(Store& store);

  /// Messages one after the other. Ends before its Timeline does; one at a time.
  class Walk {
   public:
    /// False: there are no more.
    Result<bool> next() { return run_.step(); }
    TimedRow at() const { return {run_.integer(0), {run_.integer(1)}}; }

   private:
    friend class Timeline;
    explicit Walk(Statement::Run run) : run_(std::move(run)) {}
    Statement::Run run_;
  };

  /// Those whose first line stands from `from` to `until`, in this order.
  Walk walk(Millis from, Millis until) { return Walk(forwards_.run(from, until)); }
  /// The same, the last one first.
  Walk walk_back(Millis until, Millis from) { return Walk(backwards_.run(from, until)); }

  /// Those whose lines spread widely, whose first line stands before `before`, and one of whose lines stands at `time` or
  /// behind it.
  Result<std::vector<TimedRow>> wide(Millis time, Millis before);

  /// The messages from `first` to `last`, of one feed, in its order; 0 where no line begins in one.
  Result<std::vector<TimedRow>> span(RowId first, RowId last);

  /// The last message that goes on with a line of those from `first` to `last`, of one feed; nothing when none behind them does.
  Result<std::optional<RowId>> grown_behind(RowId first, RowId last);

  /// The first time of the messages from `first` to `last`, of one feed; nothing when no line begins in them.
  Result<std::optional<Millis>> earliest(RowId first, RowId last);

  /// Messages of a feed behind `behind` in which no line begins, and which go on with one of a message up to there.
  Result<std::vector<RowId>> mere_continuations(FeedNumber feed, Seq behind);

  /// The messages before `first` in which the lines begin that those from `first` to `last` go on with.
  Result<std::vector<RowId>> grown_before(RowId first, RowId last);

  /// The message that goes on with the last line of this one, if one does.
  Result<std::optional<RowId>> continuation(RowId row);

  /// When the first line of a message stands; 0 where none begins in it.
  Result<Millis> time_of(RowId row);

  /// The first message of the feed, from `sequence` on, that gives it a name.
  Result<std::optional<Seq>> next_name(FeedNumber feed, Seq sequence);

  /// All names that the feed ever gave itself.
  Result<std::vector<std::string>> names(FeedNumber feed);

  /// Messages whose clock was not set yet, and whose boot told later when it began; by `first`. So many at most: the others
  /// stay where their clock put them.
  Result<std::vector<RightedRow>> righted();
  static constexpr std::size_t most_righted = 100'000;

  /// The text of a message, and where its lines stand. False: it is not held.
  Result<bool> read(RowId row, std::string& text, Placement& placement);

 private:
  Store& store_;
  Statement forwards_, backwards_, wide_, span_, grown_behind_, earliest_, mere_, grown_, continuation_,
      time_, name_, names_, message_, righted_;
};

}  // namespace ssblog
