// SPDX-License-Identifier: MIT
// intake/line_time.h - the time that stands at the beginning of a line, as the programs of the world write it.
//
// Used to time what stood in a file before anybody looked. Strict: what could as well be a counter, a version or a size
// is no time. A line is looked at for some hundred nanoseconds at most, however long it is. Pure, any thread.
//
// Known are: ISO 8601 and RFC 3339 (also with `/`, a blank or `,`), RFC 5424, RFC 3164 and what Cisco makes of it, the
// Common Log Format, the error logs of nginx, Apache and PHP, asctime and `date`, RFC 5322, glog, epoch seconds and ms,
// audit's `msg=audit(...)`, TAI64N, dmesg with and without `-T`, the `time`, `ts` ... of JSON lines and of logfmt.
#pragma once

#include "feed/record.h"
#include "intake/zone.h"

#include <optional>
#include <string_view>

namespace ssblog {

/// A time as a line says it.
struct LineTime {
  int year = 0;  ///< 0: the line does not say
  int month = 1, day = 1;
  Millis of_day = 0;              ///< ms since midnight
  std::optional<Seconds> offset;  ///< ahead of UTC; nothing: the line does not say
  Millis precision = 1000;        ///< ms that its last digit stands for
  bool operator==(const LineTime&) const = default;

  bool has_year() const { return year != 0; }
  bool has_zone() const { return offset.has_value(); }
};

/// The time of a line, if it has one. Times since boot, as dmesg prints them, count only with the `boot` they are from.
std::optional<LineTime> find_time(std::string_view line, std::optional<Millis> boot = std::nullopt);

/// What decides where the line leaves it open.
struct TimeHints {
  std::optional<Millis> latest;  ///< of a line before
  Millis modified = 0;           ///< when the last line of all was written
};

/// A time without a year is the first one that is at most a day before `latest`, or, if that is more than a day after
/// `modified` or nothing came before, the last one that is not more than a day after `modified`. A local time that
/// occurs twice is the first that is no more than a minute before `latest`. 0..max_time.
Millis resolve(const LineTime& time, const Zone& zone, const TimeHints& hints);

/// The 29th of February needs one.
constexpr bool is_leap_year(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

/// Days since 1970 of a date, and the reverse. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
std::int64_t days_of(int year, int month, int day);
struct Date {
  int year, month, day;
};
Date date_of(std::int64_t days);

}  // namespace ssblog
