// SPDX-License-Identifier: MIT
// assemble/format/syslog5424.h - swept lines as syslog messages of RFC 5424, each a line or counted in octets.
//
// What readers of syslog know stands where they look for it (host, job as the program, stream as the process, type as
// the message's id); all of it, whole and exact, in the structured data `ssblog@32473` (the number that RFC 5612 gives
// for documentation). Source: RFC 5424; framing: RFC 6587.
#pragma once

#include "assemble/clock_text.h"
#include "assemble/format/line_fields.h"
#include "assemble/line_writer.h"

namespace ssblog {

class Syslog5424Writer final : public LineWriter {
 public:
  Syslog5424Writer(Sink sink, ClockText clock, bool octet_counted)
      : LineWriter(std::move(sink)), clock_(std::move(clock)), octet_counted_(octet_counted) {}

  Result<void> write(Sweep& sweep, const SweptLine& line) override;

 private:
  Result<void> write_message(Sweep& sweep, const SweptLine& line, bool escaped);

  ClockText clock_;
  bool octet_counted_;
  SharedTexts shared_;
  std::string head_;
};

}  // namespace ssblog
