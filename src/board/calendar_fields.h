// SPDX-License-Identifier: MIT
// board/calendar_fields.h - the local times that a calendar expression stands for, as sets of years, months, days, ...
//
// Used by calendar. Pure, any thread. Local times are seconds since 1970 as a clock on the wall counts them: no zone.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>

namespace ssblog {

using LocalSeconds = std::chrono::local_seconds;

struct CalendarFields {
  static constexpr int first_year = 1970, last_year = 2199;  // as systemd has them

  /// What a day has to be.
  enum class Days {
    both,    ///< of the days and of the weekdays, as systemd reads them
    either,  ///< of one of them: cron, where both are given
  };

  std::bitset<last_year - first_year + 1> years;
  std::bitset<13> months;     ///< 1-12
  std::bitset<32> days;       ///< 1-31
  std::bitset<32> days_left;  ///< 1-31, from the month's end: 1 is its last day
  std::bitset<7> weekdays;    ///< 0 is Sunday
  std::bitset<24> hours;
  std::bitset<60> minutes, seconds;
  Days rule = Days::both;

  /// The first of these times that is not before `from`; nothing when there is none up to the end of last_year.
  std::optional<LocalSeconds> first_from(LocalSeconds from) const;

  /// True where a change of the clocks means nothing: it is about minutes of each hour.
  bool of_each_hour() const { return hours.all(); }

 private:
  bool has(std::chrono::year_month_day day) const;
  std::optional<std::chrono::local_days> first_day_from(std::chrono::local_days day) const;
  std::optional<std::chrono::seconds> first_time_from(std::chrono::seconds of_day) const;
};

}  // namespace ssblog
