// SPDX-License-Identifier: MIT
#include "assemble/time_spec.h"

#include "assemble/escape.h"
#include "assemble/time_text.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>

namespace ssblog {
namespace {

using namespace std::string_view_literals;

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t day_s = 86'400;
constexpr std::int64_t time_max_us = time_max_ms * 1000 + 999;

Error refuse(std::string_view text, std::string_view why) {
  std::string said = "cannot read the time \"" + quotable(text) + "\": ";
  said += why;
  said +=
      "; good are 14:00, today, -2h, \"1h 30min ago\", \"2026-11-20 14:00\", 2026-11-20T14:00:05Z, "
      "@1763640000";
  return {Code::usage, std::move(said)};
}

// ---- Arithmetic that stops at the ends instead of wrapping round ----

std::int64_t add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

/// Neither factor is negative.
std::int64_t multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::int64_t>::max() : product;
}

std::int64_t to_ms(std::int64_t us) { return std::clamp<std::int64_t>(us, 0, time_max_us) / 1000; }

// ---- Taking a text apart from its front ----

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  bool take(char c) { return take(std::string_view(&c, 1)); }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  bool take_blanks() {
    const std::size_t before = rest_.size();
    while (take(' ') || take('\t')) {
    }
    return rest_.size() < before;
  }
  std::string_view take_digits(std::size_t most = std::string_view::npos) {
    return take_while(most, [](char c) { return is_digit(c); });
  }
  /// Letters, and what is not ASCII (the µ of `µs`).
  std::string_view take_letters() {
    return take_while(std::string_view::npos, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    });
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  template <class Test>
  std::string_view take_while(std::size_t most, Test test) {
    std::size_t n = 0;
    while (n < rest_.size() && n < most && test(rest_[n])) ++n;
    const auto taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }

  std::string_view rest_;
};

std::int64_t number(std::string_view digits) {
  std::int64_t value = 0;
  for (const char c : digits) value = add(multiply(value, 10), c - '0');
  return value;
}

/// Digits behind a point, as that part of `whole` (rounded down; more than nine digits do not count).
std::int64_t fraction_of(std::string_view digits, std::int64_t whole) {
  digits = digits.substr(0, 9);
  std::int64_t scale = 1;
  for (std::size_t i = 0; i < digits.size(); ++i) scale *= 10;
  const std::int64_t value = number(digits);
  // whole / scale first: whole is at most a year, and the product would not fit.
  return whole / scale * value + whole % scale * value / scale;
}

// ---- Spans: -2h, "1h 30min ago" ----

struct Unit {
  std::string_view name;
  std::int64_t us;
};

constexpr std::int64_t day_us = day_s * second_us;
constexpr std::int64_t month_us =
    2'629'800 * second_us;  // 30.44 days, as systemd has it: a twelfth of a year
constexpr std::int64_t year_us = 31'557'600 * second_us;  // 365.25 days
constexpr auto units = std::to_array<Unit>({
    {"us", 1},
    {"usec", 1},
    {"\u00b5s", 1},
    {"\u03bcs", 1},
    {"ms", 1000},
    {"msec", 1000},
    {"s", second_us},
    {"sec", second_us},
    {"second", second_us},
    {"seconds", second_us},
    {"m", 60 * second_us},
    {"min", 60 * second_us},
    {"minute", 60 * second_us},
    {"minutes", 60 * second_us},
    {"h", 3600 * second_us},
    {"hr", 3600 * second_us},
    {"hour", 3600 * second_us},
    {"hours", 3600 * second_us},
    {"d", day_us},
    {"day", day_us},
    {"days", day_us},
    {"w", 7 * day_us},
    {"week", 7 * day_us},
    {"weeks", 7 * day_us},
    {"M", month_us},
    {"month", month_us},
    {"months", month_us},
    {"y", year_us},
    {"year", year_us},
    {"years", year_us},
});

/// The microseconds of `1h 30min`, or why it is none.
struct Span {
  std::int64_t us = 0;
  std::string_view wrong;
};

Span read_span(std::string_view text) {
  Scanner in(text);
  Span span;
  in.take_blanks();
  if (in.done()) return {0, "a number and a unit are missing"};
  while (!in.done()) {
    const auto whole = in.take_digits();
    const auto fraction = in.take('.') ? in.take_digits() : ""sv;
    if (whole.empty() && fraction.empty()) return {0, "there is no number where one should be"};
    in.take_blanks();
    const auto name = in.take_letters();
    if (name.empty()) return {0, "a number has no unit (s, min, h, d, w)"};
    const auto unit =
        std::find_if(units.begin(), units.end(), [name](const Unit& u) { return u.name == name; });
    if (unit == units.end()) return {0, "the unit is none of us, ms, s, min, h, d, w, M (month), y"};
    span.us = add(span.us, add(multiply(number(whole), unit->us), fraction_of(fraction, unit->us)));
    in.take_blanks();
  }
  return span;
}

// ---- Days and clocks ----

/// A calendar time as it was written.
struct Written {
  std::optional<std::chrono::year_month_day> date;
  std::int64_t days_from_today = 0;  // where there is no date
  std::optional<std::chrono::weekday> weekday;
  std::int64_t of_day_us = 0;
  std::optional<std::int64_t> offset_s;  // of the zone, east is positive; local time without
};

/// Seconds east of Greenwich of local time at an instant.
std::int64_t local_offset(std::int64_t at_s) {
  const auto time = static_cast<time_t>(at_s);
  tm broken{};
  return localtime_r(&time, &broken) == nullptr ? 0 : broken.tm_gmtoff;
}

/// The instant of a local time, given as if it were UTC. mktime() does not promise which one of two it
/// takes, nor what it makes of a time that is left out.
std::int64_t from_local(std::int64_t local_s) {
  // No zone is a day away from UTC, so these lie on either side of a change that could matter.
  const std::int64_t before = local_offset(local_s - day_s);
  const std::int64_t after = local_offset(local_s + day_s);
  if (local_offset(local_s - before) == before) return local_s - before;
  if (local_offset(local_s - after) == after) return local_s - after;
  return local_s - before;
}

std::int64_t floor_days(std::int64_t seconds) { return seconds / day_s - (seconds % day_s < 0 ? 1 : 0); }

constexpr std::array weekdays = {"sunday"sv,   "monday"sv, "tuesday"sv, "wednesday"sv,
                                 "thursday"sv, "friday"sv, "saturday"sv};

std::optional<std::chrono::weekday> read_weekday(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  for (unsigned i = 0; i < weekdays.size(); ++i) {
    if (lower == weekdays[i] || lower == weekdays[i].substr(0, 3)) return std::chrono::weekday{i};
  }
  return std::nullopt;
}

constexpr auto not_a_time = "it has none of the known forms"sv;

/// Reads the day: a word or YYYY-MM-DD. @return why it is none, or nothing.
std::string_view read_day(Scanner& in, Written& out) {
  constexpr std::array words = {"yesterday"sv, "today"sv, "tomorrow"sv};
  for (std::size_t i = 0; i < words.size() && !out.weekday; ++i) {
    if (!in.take(words[i])) continue;
    out.days_from_today = static_cast<std::int64_t>(i) - 1;
    return {};
  }
  const auto year = in.take_digits();
  if (year.size() != 4 || !in.take('-')) return not_a_time;
  const auto month = in.take_digits();
  if (month.size() != 2 || !in.take('-')) return not_a_time;
  const auto day = in.take_digits();
  if (day.size() != 2) return not_a_time;
  out.date = std::chrono::year_month_day{std::chrono::year{static_cast<int>(number(year))},
                                         std::chrono::month{static_cast<unsigned>(number(month))},
                                         std::chrono::day{static_cast<unsigned>(number(day))}};
  if (!out.date->ok()) return "there is no such day in the calendar";
  if (out.weekday && std::chrono::weekday{std::chrono::sys_days{*out.date}} != *out.weekday) {
    return "that day is another day of the week";
  }
  return {};
}

/// Reads 14:00, 14:00:05 or 14:00:05.123. @return why it is none, or nothing.
std::string_view read_clock(Scanner& in, Written& out) {
  const auto hour = in.take_digits();
  if (hour.empty() || hour.size() > 2 || !in.take(':')) return not_a_time;
  const auto minute = in.take_digits();
  if (minute.size() != 2) return not_a_time;
  auto second = "00"sv;
  auto fraction = ""sv;
  if (in.take(':')) {
    second = in.take_digits();
    if (second.size() != 2) return not_a_time;
    if (in.take('.')) {
      fraction = in.take_digits();
      if (fraction.empty()) return not_a_time;
    }
  }
  if (number(hour) > 23 || number(minute) > 59 || number(second) > 59) {
    return "a day goes from 00:00:00 to 23:59:59";
  }
  out.of_day_us = (number(hour) * 3600 + number(minute) * 60 + number(second)) * second_us +
                  fraction_of(fraction, second_us);
  return {};
}

/// Reads Z, UTC, +01:00, +0100 or +01, all that is left. @return why it is none, or nothing.
std::string_view read_zone(Scanner& in, Written& out) {
  constexpr auto not_a_zone = "a zone is written Z, UTC or +01:00"sv;
  if (in.take('Z') || in.take("UTC")) {
    out.offset_s = 0;
  } else {
    const bool west = in.take('-');
    if (!west && !in.take('+')) return not_a_zone;
    const auto hours = in.take_digits(2);
    const bool colon = in.take(':');
    const auto minutes = in.take_digits();
    const bool both = minutes.size() == 2 || (minutes.empty() && !colon);
    if (hours.size() != 2 || !both || number(hours) > 23 || number(minutes) > 59) return not_a_zone;
    const std::int64_t offset = number(hours) * 3600 + number(minutes) * 60;
    out.offset_s = west ? -offset : offset;
  }
  return in.done() ? ""sv : not_a_zone;
}

/// Reads [WEEKDAY] (DAY [CLOCK] | CLOCK) [ZONE]. @return why it is none, or nothing.
std::string_view read_calendar(std::string_view text, Written& out) {
  Scanner in(text);
  Scanner ahead = in;
  if (const auto weekday = read_weekday(ahead.take_letters()); weekday && ahead.take_blanks()) {
    out.weekday = weekday;
    in = ahead;
  }

  // A clock has its colon early, a date has none there.
  const bool clock_only = !out.weekday && in.rest().substr(0, 3).find(':') != std::string_view::npos;
  if (!clock_only) {
    if (const auto wrong = read_day(in, out); !wrong.empty()) return wrong;
  }
  ahead = in;
  const bool t = out.date && ahead.take('T');
  const bool apart = t || ahead.take_blanks();
  const bool digit = !ahead.done() && ahead.rest()[0] >= '0' && ahead.rest()[0] <= '9';
  if (clock_only || t || (apart && digit)) {
    if (!clock_only) in = ahead;
    if (const auto wrong = read_clock(in, out); !wrong.empty()) return wrong;
  }
  in.take_blanks();
  if (in.done()) return {};
  return read_zone(in, out);
}

std::int64_t resolve(const Written& written, std::int64_t now_ms) {
  const std::int64_t now_s = now_ms / 1000;
  std::int64_t day = 0;
  if (written.date) {
    day = std::chrono::sys_days{*written.date}.time_since_epoch().count();
  } else {
    const std::int64_t offset = written.offset_s ? *written.offset_s : local_offset(now_s);
    day = floor_days(now_s + offset) + written.days_from_today;
  }
  const std::int64_t local_s = day * day_s + written.of_day_us / second_us;
  const std::int64_t at_s = written.offset_s ? local_s - *written.offset_s : from_local(local_s);
  return to_ms(at_s * second_us + written.of_day_us % second_us);
}

}  // namespace

Result<std::int64_t> parse_time(std::string_view given, std::int64_t now_ms) {
  const std::int64_t now = std::clamp<std::int64_t>(now_ms, 0, time_max_ms);
  auto text = given;
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  if (text.empty()) return refuse(given, "it is empty");
  if (text == "now") return now;

  if (text.starts_with('@')) {
    Scanner in(text.substr(1));
    const auto whole = in.take_digits();
    const bool point = in.take('.');
    const auto fraction = in.take_digits();
    if (whole.empty() || point == fraction.empty() || !in.done()) {
      return refuse(given, "@ is followed by the seconds since 1970");
    }
    return to_ms(add(multiply(number(whole), second_us), fraction_of(fraction, second_us)));
  }

  const bool ago = text.ends_with(" ago");
  if (ago || text.starts_with('-') || text.starts_with('+')) {
    const bool back = ago || text.starts_with('-');
    const Span span = read_span(ago ? text.substr(0, text.size() - 4) : text.substr(1));
    if (!span.wrong.empty()) return refuse(given, span.wrong);
    return to_ms(add(now * 1000, back ? -span.us : span.us));
  }

  tzset();
  Written written;
  if (const auto wrong = read_calendar(text, written); !wrong.empty()) return refuse(given, wrong);
  return resolve(written, now);
}

}  // namespace ssblog
