// SPDX-License-Identifier: MIT
// cli/coloured_writer.h - swept lines for a terminal: the text of assemble/format/text.h, with colours.
//
// Used by log and search. All that comes from a feed is escaped as in a file, so whatever steers the terminal is ours.
// Source: ECMA-48, "Select Graphic Rendition".
#pragma once

#include "assemble/clock_text.h"
#include "assemble/escape.h"
#include "assemble/line_writer.h"
#include "assemble/sweep.h"
#include "assemble/text_pattern.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

class ColouredWriter final : public LineWriter {
 public:
  struct Look {
    bool many_colours = false;     ///< the terminal has 256
    std::vector<TextRule> marked;  ///< what is marked in the texts of lines
  };

  /// Code::usage for a pattern that is none, and for a clock as ClockText says it.
  static Result<std::unique_ptr<LineWriter>> make(const Look& look, const ClockStyle& clock, Sink sink);

  /// Writes one line, with its pieces in later messages as far as they are known. Marked is what stands in the first 64
  /// KiB of a line.
  Result<void> write(Sweep& sweep, const SweptLine& line) override;

 private:
  ColouredWriter(bool many_colours, ClockText clock, Sink sink)
      : LineWriter(std::move(sink)), many_colours_(many_colours), clock_(std::move(clock)) {}
  void append_names(const SweptLine& line);
  void append_marked(std::string_view text, std::string_view colour);

  bool many_colours_;
  ClockText clock_;
  std::vector<TextPattern> marked_;
  LineEscaper escaper_;
};

}  // namespace ssblog
