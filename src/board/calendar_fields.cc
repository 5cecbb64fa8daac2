// SPDX-License-Identifier: MIT
#include "board/calendar_fields.h"

namespace ssblog {
namespace {

using std::chrono::local_days;
using std::chrono::year;
using std::chrono::year_month_day;
using Seconds = std::chrono::seconds;

/// The first member that is not below `from`.
template <std::size_t Size>
std::optional<unsigned> first_member(const std::bitset<Size>& set, unsigned from) {
  for (unsigned member = from; member < Size; ++member) {
    if (set.test(member)) return member;
  }
  return std::nullopt;
}

constexpr Seconds time_of(unsigned hour, unsigned minute, unsigned second) {
  return std::chrono::hours(hour) + std::chrono::minutes(minute) + Seconds(second);
}

}  // namespace

bool CalendarFields::has(year_month_day day) const {
  const auto number = static_cast<unsigned>(day.day());
  const auto last = static_cast<unsigned>((day.year() / day.month() / std::chrono::last).day());
  const bool day_fits = days.test(number) || days_left.test(last - number + 1);
  const bool weekday_fits = weekdays.test(std::chrono::weekday(local_days(day)).c_encoding());
  return rule == Days::both ? day_fits && weekday_fits : day_fits || weekday_fits;
}

std::optional<local_days> CalendarFields::first_day_from(local_days from) const {
  for (year_month_day day(from); day.year() <= year(last_year);) {
    const int index = static_cast<int>(day.year()) - first_year;
    if (index < 0) {
      day = year(first_year) / std::chrono::January / 1;
    } else if (!years.test(static_cast<std::size_t>(index))) {
      day = (day.year() + std::chrono::years(1)) / std::chrono::January / 1;
    } else if (!months.test(static_cast<unsigned>(day.month()))) {
      day = year_month_day(day.year() / day.month() / 1) + std::chrono::months(1);
    } else if (has(day)) {
      return local_days(day);
    } else {
      day = year_month_day(local_days(day) + std::chrono::days(1));
    }
  }
  return std::nullopt;
}

std::optional<Seconds> CalendarFields::first_time_from(Seconds of_day) const {
  const std::chrono::hh_mm_ss from(of_day);
  const auto hour = static_cast<unsigned>(from.hours().count());
  const auto minute = static_cast<unsigned>(from.minutes().count());
  const auto second = static_cast<unsigned>(from.seconds().count());
  // In the same minute, else in the same hour, else later.
  if (hours.test(hour)) {
    if (minutes.test(minute)) {
      if (const auto at = first_member(seconds, second)) return time_of(hour, minute, *at);
    }
    if (const auto at = first_member(minutes, minute + 1))
      return time_of(hour, *at, *first_member(seconds, 0));
  }
  if (const auto at = first_member(hours, hour + 1))
    return time_of(*at, *first_member(minutes, 0), *first_member(seconds, 0));
  return std::nullopt;
}

std::optional<LocalSeconds> CalendarFields::first_from(LocalSeconds from) const {
  const auto today = std::chrono::floor<std::chrono::days>(from);
  auto day = first_day_from(today);
  if (day == today) {
    if (const auto time = first_time_from(from - today)) return *day + *time;
    day = first_day_from(today + std::chrono::days(1));
  }
  if (!day) return std::nullopt;
  return *day + *first_time_from(Seconds(0));
}

}  // namespace ssblog
