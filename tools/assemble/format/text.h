// SPDX-License-Identifier: MIT
// assemble/format/text.h - swept lines as text: `TIME HOST@ID JOB[STREAM]: TEXT`.
//
// Everything is escaped, so a line of a feed is one line of text and cannot look like anything else. Long lines go
// through piece by piece. Source: design.md, section 6.
#pragma once

#include "assemble/clock_text.h"
#include "assemble/escape.h"
#include "assemble/format/line_fields.h"
#include "assemble/line_writer.h"

namespace ssblog {

class TextWriter final : public LineWriter {
 public:
  explicit TextWriter(Sink sink, ClockText clock = {})
      : LineWriter(std::move(sink)), clock_(std::move(clock)) {}

  Result<void> write(Sweep& sweep, const SweptLine& line) override;

 private:
  ClockText clock_;
  SharedTexts prefixes_;
  LineEscaper escaper_;
};

}  // namespace ssblog
