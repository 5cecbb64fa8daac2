// SPDX-License-Identifier: MIT
// assemble/message_walk.h - messages by the t' of their first line: all of them, or those that were picked out before.
//
// Used by the sweep and by what looks for the last lines. One thread.
#pragma once

#include "store/timeline.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ssblog {

/// Of the messages whose first line stands at `from` or behind it only these can have wanted lines.
struct PickedRows {
  Millis from = 0;
  std::vector<TimedRow> rows;  ///< by time, then by row
  /// Wherever their lines stand only these can: for messages whose clock is put right. Empty and false: not known.
  std::vector<RowId> by_row;
  bool all_times = false;

  bool may_want(const TimedRow& message) const;
  /// All whose first line stands before `time`, where that is known and they are no more than `most`.
  std::optional<std::span<const TimedRow>> before(Millis time, std::size_t most) const;
  bool may_want_righted(RowId row) const;
};
/// Null: nobody picked, all count.
using Picked = std::shared_ptr<const PickedRows>;

class MessageWalk {
 public:
  /// Those whose first line stands from `from` to `until`. The timeline has no other walk meanwhile, and outlives this.
  MessageWalk(Timeline& timeline, Millis from, Millis until, Picked picked);

  /// False: there are no more.
  Result<bool> next();
  TimedRow at() const { return at_; }

 private:
  std::optional<Timeline::Walk> walk_;
  Picked picked_;
  std::size_t next_ = 0, end_ = 0;  ///< of the picked ones
  TimedRow at_;
};

/// The same, the last one first.
class MessageWalkBack {
 public:
  MessageWalkBack(Timeline& timeline, Millis from, Millis until, Picked picked);
  Result<bool> next();
  TimedRow at() const { return at_; }

 private:
  std::optional<Timeline::Walk> walk_;
  Picked picked_;
  std::size_t begin_ = 0, next_ = 0;  ///< of the picked ones; `next_` is one behind
  TimedRow at_;
};

}  // namespace ssblog
