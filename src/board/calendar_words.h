// SPDX-License-Identifier: MIT
// board/calendar_words.h - the calendar expressions of cron and of systemd, read.
//
// Used by calendar. Pure, any thread. Source: crontab(5) of Debian's cron; systemd.time(7), "Calendar Events".
#pragma once

#include "board/calendar_fields.h"
#include "feed/result.h"

#include <string>
#include <string_view>

namespace ssblog {

struct CalendarWords {
  CalendarFields fields;
  std::string zone;  ///< that the expression names behind its time, as systemd allows; empty: none
};

/// Longest expression, bytes.
inline constexpr std::size_t longest_calendar = 200;

/// Five fields, or `@daily` and the like, are cron's; everything else is systemd's.
///
///     30 2 * * mon-fri    @daily    0 */6 1,15 * *
///     Mon..Fri 02:30    *-*-01 04:00:00    *-*~1    daily    Sat 20:00 Europe/Berlin
///
/// @return Code::usage with examples for what is neither, or stands for no time at all (the 30th of February).
Result<CalendarWords> read_calendar(std::string_view expression);

}  // namespace ssblog
