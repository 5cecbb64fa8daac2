// SPDX-License-Identifier: MIT
// assemble/format/logfmt.h - swept lines as logfmt: `time=... host=nas job=nightly text="..."`.
//
// A value stands bare where no reader could misread it, else in quotes, escaped as in JSON. Source: the decoder of
// go-logfmt, which Loki and Grafana use.
#pragma once

#include "assemble/clock_text.h"
#include "assemble/format/line_fields.h"
#include "assemble/line_writer.h"

namespace ssblog {

class LogfmtWriter final : public LineWriter {
 public:
  LogfmtWriter(Sink sink, ClockText clock) : LineWriter(std::move(sink)), clock_(std::move(clock)) {}

  Result<void> write(Sweep& sweep, const SweptLine& line) override;

 private:
  ClockText clock_;
  SharedTexts shared_;
  std::string time_;
};

}  // namespace ssblog
