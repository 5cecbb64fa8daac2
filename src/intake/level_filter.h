// SPDX-License-Identifier: MIT
// intake/level_filter.h - of the bytes of a stream, the lines that are bad enough.
//
// Used by run and publish for `--min-level`. A line that says nothing of its level counts as the level it was told; an
// indented one goes with the line before it. It holds back the beginning of one line at most, and no more than it needs
// to guess. Pure, one thread.
#pragma once

#include "feed/record.h"
#include "intake/level.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

class LevelFilter {
 public:
  /// Takes bytes that are wanted, and when they were read.
  using Keep = std::function<void(std::string_view bytes, Millis time)>;

  /// Keeps lines of level `least` or worse; lines that do not say count as `unknown`.
  LevelFilter(Level least, Level unknown) : least_(least), unknown_(unknown) {}

  /// Takes bytes that were read at `time`.
  void add(std::string_view bytes, Millis time, const Keep& keep);

  /// What comes next does not go on with the line under way, which is decided as it stands.
  void end_line(const Keep& keep);

 private:
  enum class Line { none, undecided, kept, dropped };
  bool wants(std::string_view line);

  Level least_, unknown_;
  Line line_ = Line::none;  ///< the one under way
  std::string held_;        ///< its beginning, while it is undecided
  Millis began_ = 0;
  bool last_wanted_ = false;
};

}  // namespace ssblog
