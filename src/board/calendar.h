// SPDX-License-Identifier: MIT
// board/calendar.h - when something is to happen: each Monday at 02:30 in Berlin.
//
// Used by the rules of jobs. Pure but for the table of time zones that the machine has; any thread.
#pragma once

#include "board/calendar_fields.h"
#include "feed/record.h"
#include "feed/result.h"

#include <functional>
#include <optional>
#include <string_view>

namespace ssblog {

class Calendar {
 public:
  /// An expression as read_calendar takes it, in a zone by its name ("Europe/Berlin"; empty: UTC). A zone that the
  /// expression names itself goes first.
  /// @return Code::usage for an expression that is none, Code::config for a zone that this machine does not know.
  static Result<Calendar> read(std::string_view expression, std::string_view zone);

  /// The first scheduled time after `time`, ms since 1970; nothing when there is none up to 2199.
  ///
  /// When clocks are put forward, what was to happen in the hour that is left out happens at the change, as cron does
  /// it. When they are put back, what happens in the hour that comes twice happens the first time alone. What is about
  /// each hour (`*` in its place) goes by the time that really passes. A machine's table may know of no change of the
  /// clocks after 2037.
  std::optional<Millis> next_after(Millis time) const;

 private:
  /// A span of one offset from UTC.
  struct Span {
    std::chrono::sys_seconds begin, end;
    std::chrono::seconds offset;
  };
  Calendar(CalendarFields fields, std::function<Span(std::chrono::sys_seconds)> span_at)
      : fields_(fields), span_at_(std::move(span_at)) {}
  std::optional<std::chrono::sys_seconds> next_in(const Span& span, std::chrono::sys_seconds from) const;

  CalendarFields fields_;
  std::function<Span(std::chrono::sys_seconds)> span_at_;
};

}  // namespace ssblog
