// SPDX-License-Identifier: MIT
// assemble/line_filter.h - which lines of a message are wanted: by their level and by what they say.
//
// Used by the sweep and by what looks for the last lines. Each line has a text and a level. Of a line that goes on over
// several messages the first `most_looked_at` bytes count. A line of ours about a message (`JOB[STREAM]!`) has its text
// as it is shown, and a level too: a job that failed is `err`, a loss and a gap are `warning`, all else is `info`.
// One thread.
#pragma once

#include "assemble/selection.h"
#include "assemble/text_pattern.h"
#include "feed/record.h"
#include "feed/result.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace ssblog {

/// The level of a log line; `of_line` is its own of `chunk.levels`, or `-`. Nothing: it is not known.
std::optional<Level> level_of_line(const Record& record, char of_line);

/// The level of the line that a job or loss record is, or of a gap.
Level level_of_structural(const Record& record);

class LineFilter {
 public:
  static constexpr std::size_t most_looked_at = 64 * 1024;

  /// Code::usage for a pattern that is none.
  static Result<LineFilter> make(const Selection& selection);

  /// False: all lines are wanted.
  bool looks() const { return levels_ || !texts_.empty(); }

  bool wants(std::string_view text, std::optional<Level> level) const;

  /// False: no line that lies within the message is wanted, as its bytes as a whole show at once.
  bool may_want(const Record& record) const;

 private:
  struct Rule {
    TextPattern pattern;
    bool word = false;
    bool without = false;
  };
  std::optional<LevelRange> levels_;
  std::vector<Rule> texts_;
};

}  // namespace ssblog
