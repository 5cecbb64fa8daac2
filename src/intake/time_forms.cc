// SPDX-License-Identifier: MIT
#include "intake/time_forms.h"

#include "intake/civil_date.h"
#include "intake/time_scanner.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace ssblog {
namespace {

using namespace std::string_view_literals;

constexpr Millis second_ms = 1000, minute_ms = 60'000, hour_ms = 3'600'000, day_ms = 86'400'000;

/// 1 to 12, as "Jan" to "Dec".
bool take_month(TimeScanner& in, int& month) {
  constexpr auto names = "JanFebMarAprMayJunJulAugSepOctNovDec"sv;
  if (in.left() < 3) return false;
  for (std::size_t i = 0; i < names.size(); i += 3) {
    if (!in.take(names.substr(i, 3))) continue;
    month = static_cast<int>(i / 3) + 1;
    return true;
  }
  return false;
}

bool take_weekday(TimeScanner& in) {
  for (const auto name : {"Mon"sv, "Tue"sv, "Wed"sv, "Thu"sv, "Fri"sv, "Sat"sv, "Sun"sv}) {
    if (in.take(name)) return true;
  }
  return false;
}

/// One digit or two, a blank before one that stands alone.
bool take_day(TimeScanner& in, int& day) {
  if (in.take(' ')) return in.number(1, day) && !in.at_digit();
  return in.number(2, day) || in.number(1, day);
}

/// ".123": as ms; what is finer is dropped.
void take_fraction(TimeScanner& in, LineTime& time) {
  const std::string_view rest = in.rest();
  if (rest.size() < 2 || (rest[0] != '.' && rest[0] != ',') || !TimeScanner::is_digit(rest[1])) return;
  in.skip(1);
  const auto digits = in.digits();
  Millis unit = 100;
  for (std::size_t i = 0; i < 3 && i < digits.size(); ++i, unit /= 10) {
    time.of_day += unit * (digits[i] - '0');
    time.precision = unit;
  }
}

/// "14:02:11.123"; "14:02" only where `seconds` may be missing.
bool take_clock(TimeScanner& in, LineTime& time, bool seconds_needed = true) {
  TimeScanner ahead = in;
  int hour = 0, minute = 0, second = 0;
  if (!ahead.number(2, hour) || !ahead.take(':') || !ahead.number(2, minute)) return false;
  if (hour > 23 || minute > 59) return false;
  time.of_day = hour * hour_ms + minute * minute_ms;
  time.precision = minute_ms;
  if (ahead.take(':')) {
    if (!ahead.number(2, second) || second > 60) return false;
    time.precision = second_ms;
    time.of_day += std::min(second, 59) * second_ms;
    take_fraction(ahead, time);
    if (second == 60) time.of_day = time.of_day / second_ms * second_ms + 999;  // a leap second
  } else if (seconds_needed) {
    return false;
  }
  in = ahead;
  return true;
}

/// "Z", "+02", "+0200", "+02:00", " +0200", " UTC"; without one the time is local.
void take_zone(TimeScanner& in, LineTime& time) {
  TimeScanner ahead = in;
  const bool apart = ahead.take(' ');
  if (ahead.take('Z') || ahead.take('z') || ahead.take("UTC"sv) || ahead.take("GMT"sv)) {
    if (!ahead.at_boundary()) return;
    time.offset = 0;
    in = ahead;
    return;
  }
  const bool west = ahead.front() == '-';
  if (!ahead.take_any("+-")) return;
  int hours = 0, minutes = 0;
  if (!ahead.number(2, hours) || hours > 15) return;
  const bool colon = ahead.take(':');
  if (!ahead.number(2, minutes) && (colon || apart)) return;
  if (minutes > 59 || !ahead.at_boundary() || ahead.front() == ':') return;
  time.offset = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
  in = ahead;
}

bool is_date(const LineTime& time) {
  if (time.year != 0 && (time.year < first_year || time.year > last_year)) return false;
  if (time.month < 1 || time.month > 12) return false;
  return time.day >= 1 && time.day <= days_in(time.month, time.year);
}

std::optional<LineTime> checked(const LineTime& time, const TimeScanner& behind) {
  if (!is_date(time) || !behind.at_boundary()) return std::nullopt;
  return time;
}

/// A clock that may be of twelve hours, a zone, and a year behind them: the end of what `date` and asctime print.
bool take_clock_and_year(TimeScanner& in, LineTime& time) {
  if (!take_clock(in, time)) return false;
  if (TimeScanner ahead = in;
      ahead.take(' ') && (ahead.take("AM"sv) || ahead.take("PM"sv)) && ahead.at_boundary()) {
    const bool afternoon = in.rest()[1] == 'P';
    const Millis hour = time.of_day / hour_ms;
    if (hour < 1 || hour > 12) return false;
    time.of_day += (hour % 12 + (afternoon ? 12 : 0) - hour) * hour_ms;
    in = ahead;
  }
  take_zone(in, time);
  if (time.year != 0) return true;
  // A zone's short name is not unique; the time is local then.
  TimeScanner ahead = in;
  if (!ahead.take(' ')) return false;
  if (ahead.at_letter()) {
    while (ahead.at_letter()) ahead.skip(1);
    if (!ahead.take(' ')) return false;
  }
  if (!ahead.number(4, time.year)) return false;
  in = ahead;
  return true;
}

std::optional<LineTime> of_utc(Millis ms, Millis precision) {
  if (ms < 0 || ms > max_time) return std::nullopt;
  const Date date = date_of(ms / day_ms);
  return LineTime{date.year, date.month, date.day, ms % day_ms, Seconds{0}, precision};
}

Millis number_of(std::string_view digits) {
  Millis value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

/// Oct 11 22:14:15, Oct 11 2003 22:14:15.123.
std::optional<LineTime> month_first_time(TimeScanner in) {
  LineTime time;
  if (!take_month(in, time.month) || !in.take(' ') || !take_day(in, time.day) || !in.take(' '))
    return std::nullopt;
  TimeScanner with_year = in;
  if (with_year.number(4, time.year) && with_year.take(' '))
    in = with_year;
  else
    time.year = 0;
  if (!take_clock(in, time)) return std::nullopt;
  take_zone(in, time);
  return checked(time, in);
}

/// I1120 14:02:11.123456, of glog and klog.
std::optional<LineTime> glog_time(TimeScanner in) {
  LineTime time;
  if (!in.take_any("IWEF") || !in.number(2, time.month) || !in.number(2, time.day) || !in.take(' ') ||
      !take_clock(in, time) || time.precision == second_ms)
    return std::nullopt;
  return checked(time, in);
}

/// [12345.678901], seconds since the machine started.
std::optional<LineTime> time_since_boot(TimeScanner in, std::optional<Millis> boot) {
  const auto digits = in.digits();
  const auto rest = in.rest();
  if (!boot || digits.empty() || digits.size() > 9 || rest.size() < 8 || rest[0] != '.' || rest[7] != ']')
    return std::nullopt;
  LineTime fraction;
  take_fraction(in, fraction);
  return in.front() == ']' ? of_utc(*boot + number_of(digits) * second_ms + fraction.of_day, 1)
                           : std::nullopt;
}

}  // namespace

std::optional<LineTime> iso_time(TimeScanner in) {
  LineTime time;
  if (!in.number(4, time.year)) return std::nullopt;
  const char mark = in.front();
  if (mark == '-' || mark == '/') {
    in.skip(1);
    if (!in.number(2, time.month) || !in.take(mark) || !in.number(2, time.day)) return std::nullopt;
    if (in.take("  "sv) || in.take_any("Tt ")) {
      if (!take_clock(in, time, mark == '/')) return std::nullopt;
      take_zone(in, time);
      return checked(time, in);
    }
    return std::nullopt;
  }
  int hour = 0, minute = 0, second = 0;
  if (!in.number(2, time.month) || !in.number(2, time.day) || !in.take('T') || !in.number(2, hour) ||
      !in.number(2, minute) || !in.number(2, second) || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  time.of_day = hour * hour_ms + minute * minute_ms + std::min(second, 59) * second_ms;
  take_fraction(in, time);
  take_zone(in, time);
  return checked(time, in);
}

std::optional<LineTime> day_first_time(TimeScanner in) {
  LineTime time;
  if (!in.number(2, time.day)) return std::nullopt;
  const char mark = in.front();
  if (!in.take_any(" -/") || !take_month(in, time.month) || !in.take(mark) || !in.number(4, time.year) ||
      !in.take(mark == '/' ? ':' : ' ') || !take_clock(in, time))
    return std::nullopt;
  take_zone(in, time);
  return checked(time, in);
}

std::optional<LineTime> weekday_first_time(TimeScanner in) {
  LineTime time;
  if (!take_weekday(in)) return std::nullopt;
  in.take(',');
  if (!in.take(' ')) return std::nullopt;
  if (take_month(in, time.month)) {
    if (!in.take(' ') || !take_day(in, time.day) || !in.take(' ')) return std::nullopt;
    TimeScanner with_year = in;
    if (with_year.number(4, time.year) && with_year.take(' '))
      in = with_year;
    else
      time.year = 0;
  } else if (!take_day(in, time.day) || !in.take(' ') || !take_month(in, time.month) || !in.take(' ') ||
             !in.number(4, time.year) || !in.take(' ')) {
    return std::nullopt;
  }
  if (!take_clock_and_year(in, time)) return std::nullopt;
  return checked(time, in);
}

std::optional<LineTime> epoch_time(TimeScanner in, bool told) {
  const auto digits = in.digits();
  const bool in_ms = digits.size() == 13;
  if (!in_ms && digits.size() != 10) return std::nullopt;
  LineTime fraction;
  const auto before = in.left();
  take_fraction(in, fraction);
  const auto fraction_digits = before == in.left() ? 0 : before - in.left() - 1;
  if (!in.at_boundary() || (!told && (in_ms || fraction_digits < 3))) return std::nullopt;
  const Millis number = number_of(digits);
  return in_ms ? of_utc(number, 1) : of_utc(number * second_ms + fraction.of_day, fraction.precision);
}

std::optional<LineTime> tai64n_time(TimeScanner in) {
  constexpr std::uint64_t of_1970 = (std::uint64_t{1} << 62) + 10;
  const auto hex = in.rest().substr(0, 24);
  std::uint64_t seconds = 0, nanos = 0;
  const auto read = [](std::string_view digits, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  if (hex.size() < 24 || !read(hex.substr(0, 16), seconds) || !read(hex.substr(16), nanos))
    return std::nullopt;
  in.skip(24);
  if (!in.at_boundary() || seconds < of_1970 || seconds - of_1970 > max_time / 1000 || nanos > 999'999'999)
    return std::nullopt;
  return of_utc(static_cast<Millis>(seconds - of_1970) * second_ms + static_cast<Millis>(nanos / 1'000'000),
                1);
}

std::optional<LineTime> time_here(const TimeScanner& in, char before, std::optional<Millis> boot) {
  if (in.at_digit()) {
    if (auto time = iso_time(in)) return time;
    if (auto time = epoch_time(in, before == '[' || before == '#')) return time;
    if (auto time = day_first_time(in)) return time;
    if (before == '[') return time_since_boot(in, boot);
    return std::nullopt;
  }
  if (in.at_letter()) {
    if (auto time = month_first_time(in)) return time;
    if (auto time = weekday_first_time(in)) return time;
    return glog_time(in);
  }
  return std::nullopt;
}

}  // namespace ssblog
