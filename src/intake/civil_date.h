// SPDX-License-Identifier: MIT
// intake/civil_date.h - days since 1970 and the dates of the calendar (Gregorian).
//
// Used where times are read from lines or written into names. Pure, any thread.
// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
#pragma once

#include <cstdint>

namespace ssblog {

struct Date {
  int year, month, day;
};

/// Those that a time may have, 0 to max_time.
inline constexpr int first_year = 1970, last_year = 9999;

constexpr bool is_leap_year(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

/// Days since 1970 of a date, and the reverse.
std::int64_t days_of(int year, int month, int day);
Date date_of(std::int64_t days);

/// Of a month from 1 to 12; `year` 0: of a year that is not known, which may be a leap year.
int days_in(int month, int year);

}  // namespace ssblog
