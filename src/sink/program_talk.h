// SPDX-License-Identifier: MIT
// sink/program_talk.h - what a program says: errors on its stderr, for the log, and counts on its stdout.
//
// Used by SinkProgram. Pure; both take bytes however they are cut. What a program says may repeat what stands in feeds, and
// may come as fast as lines do: it is cut and bounded, and
// escaped by whoever shows it.
#pragma once

#include "feed/result.h"

#include "feed/bytes.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ssblog {

/// Lines of stderr: so many a minute, and of the others how many there were.
class ErrorTalk {
 public:
  static constexpr std::size_t longest_line = 400;  ///< bytes; the rest is cut off
  static constexpr std::size_t most_lines = 20;     ///< a minute

  /// The lines that are to be logged now. `now` is of a clock that never jumps.
  std::vector<std::string> take(ByteView bytes, std::chrono::milliseconds now);
  /// The same for a line that was begun and will not end, and for what was left out.
  std::vector<std::string> finish();

  /// The last line that had anything in it; empty: there was none.
  const std::string& last() const { return last_; }

 private:
  void end_line(std::vector<std::string>& lines);
  void tell_left_out(std::vector<std::string>& lines);

  std::string line_;
  bool cut_ = false;
  std::string last_;
  std::chrono::milliseconds minute_{};  ///< when the minute began
  std::size_t told_ = 0, left_out_ = 0;
};

/// Counts: on each line how many lines were taken since the start.
class TakenCount {
 public:
  /// Code::data for a line that is no number, a lower one than before, or more than `given`.
  Result<void> take(ByteView bytes, std::uint64_t given);
  std::uint64_t lines() const { return lines_; }

 private:
  std::string line_;
  std::uint64_t lines_ = 0;
};

}  // namespace ssblog
