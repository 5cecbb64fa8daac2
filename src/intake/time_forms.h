// SPDX-License-Identifier: MIT
// intake/time_forms.h - the forms in which the programs of the world write a time, one function a form.
//
// Used by line_time.cc, which knows where in a line to look. Each looks at what stands at the front of the text that it is
// given, and gives nothing where that is no such time; what stands behind it may be anything that is not a part of the same
// word or number. Strict: what could as well be a counter, a version or a size is no time. Pure, any thread.
#pragma once

#include "feed/record.h"
#include "intake/zone.h"

#include <optional>

namespace ssblog {

class TimeScanner;

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

/// 2026-11-20T14:02:11.123+01:00, with a blank or two for the T, with slashes; 20261120T140211Z.
std::optional<LineTime> iso_time(TimeScanner in);

/// 20 Nov 2026 14:02:11, 20-Nov-2026 14:02:11, 10/Oct/2000:13:55:36 -0700.
std::optional<LineTime> day_first_time(TimeScanner in);

/// Fri Nov 20 14:02:11 CET 2026, Fri 20 Nov 2026 02:02:11 PM CET, Fri, 20 Nov 2026 14:02:11 +0100.
std::optional<LineTime> weekday_first_time(TimeScanner in);

/// Seconds or ms since 1970. Without a fraction it may as well be a count: only where `told` says that it is a time.
std::optional<LineTime> epoch_time(TimeScanner in, bool told);

/// 4000000037c219bf2ef02e94, behind its @. multilog and svlogd count ten seconds ahead of UTC, whatever the leap seconds are.
std::optional<LineTime> tai64n_time(TimeScanner in);

/// A time of these and all other forms, but for TAI64N. `before`: the last sign before it, that is no blank; behind a `[`
/// seconds since the machine started, as dmesg prints them, count from `boot`.
std::optional<LineTime> time_here(const TimeScanner& in, char before, std::optional<Millis> boot);

}  // namespace ssblog
