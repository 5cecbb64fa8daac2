// SPDX-License-Identifier: MIT
// assemble/clock_text.h - times as people want them shown: in a time zone, in a form.
//
// Used by the formats that are read by people (text, template, logfmt, syslog), and where files are split by day. The
// zones are those of the machine's tz database. An object remembers the stretch between two changes of the clocks and
// the second that it was asked for last, so one belongs to one thread.
#pragma once

#include "feed/record.h"
#include "feed/result.h"

#include <memory>
#include <string>

namespace ssblog {

/// How times are to be shown; a text that is equal where they look equal.
struct ClockStyle {
  std::string zone;  ///< "Europe/Berlin", "local" for the machine's own; empty: UTC
  std::string
      format;  ///< empty or "iso", "short", "unix", "unix-ms", or one of strftime with `%3N` for milliseconds
  bool operator==(const ClockStyle&) const = default;
};

/// A day in a time zone, and the times that are of it.
struct CivilDay {
  int year = 1970;
  unsigned month = 1, day = 1;
  Millis begin = 0;  ///< its first ms
  Millis end = 0;    ///< the first ms of the next day
};

class ClockText {
 public:
  /// UTC, as `append_utc_time` has it.
  ClockText();
  ~ClockText();
  ClockText(ClockText&&) noexcept;
  ClockText& operator=(ClockText&&) noexcept;

  /// Code::usage for a zone that this machine does not know, and for a format that would break lines or is too long.
  static Result<ClockText> make(const ClockStyle& style);

  void append(std::string& out, Millis time);
  /// The day that the time is of.
  CivilDay day_of(Millis time);

 private:
  struct State;
  std::unique_ptr<State> state_;  ///< none: UTC and ISO, which costs least
};

}  // namespace ssblog
