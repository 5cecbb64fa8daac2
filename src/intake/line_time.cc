// SPDX-License-Identifier: MIT
#include "intake/line_time.h"

#include "intake/civil_date.h"
#include "intake/time_scanner.h"

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

using namespace std::string_view_literals;

constexpr Millis second_ms = 1000, minute_ms = 60'000, day_ms = 86'400'000;
constexpr std::size_t near = 1024;  // bytes: how far into a line a time may stand
constexpr int leap_gap = 8;         // years between two 29ths of February, at most

// ---- Where in a line it may stand ----

/// Words that stand before the time: how bad it is, and what programs of Debian begin their lines with.
bool is_known_word(std::string_view word) {
  constexpr std::array words = {"trace"sv,     "debug"sv,      "info"sv,     "notice"sv,
                                "warn"sv,      "warning"sv,    "err"sv,      "error"sv,
                                "crit"sv,      "critical"sv,   "alert"sv,    "emerg"sv,
                                "emergency"sv, "fatal"sv,      "panic"sv,    "severe"sv,
                                "fine"sv,      "start-date"sv, "end-date"sv, "update-alternatives"sv};
  const auto same = [word](std::string_view known) {
    return std::equal(word.begin(), word.end(), known.begin(), known.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
    });
  };
  return std::any_of(words.begin(), words.end(), same);
}

/// A value behind a key that says it is a time.
std::optional<LineTime> value_of_key(TimeScanner in) {
  in.take('"');
  if (auto time = iso_time(in)) return time;
  return epoch_time(in, true);
}

std::optional<LineTime> in_json(std::string_view line) {
  for (const auto key : {"\"time\""sv, "\"timestamp\""sv, "\"@timestamp\""sv, "\"ts\""sv, "\"datetime\""sv}) {
    const auto found = line.find(key);
    if (found == line.npos) continue;
    TimeScanner in(line.substr(found + key.size()));
    while (in.take_any(" :")) {
    }
    if (auto time = value_of_key(in)) return time;
  }
  return std::nullopt;
}

/// The time in brackets of the Common Log Format, behind who asked.
std::optional<LineTime> in_brackets(std::string_view line) {
  constexpr std::size_t shortest = "10/Oct/2000:13:55:36"sv.size();
  for (auto at = line.find('['); at != line.npos && at + shortest < line.size();
       at = line.find('[', at + 1)) {
    if (line[at + 3] != '/') continue;
    if (auto time = day_first_time(TimeScanner(line.substr(at + 1)))) return time;
  }
  return std::nullopt;
}

// ---- What the line leaves open ----

/// ms since 1970 of a time in a year.
Millis in_year(const LineTime& time, int year, const Zone& zone, std::optional<Millis> latest) {
  const Millis local = days_of(year, time.month, time.day) * day_ms + time.of_day;
  if (time.offset) return local - *time.offset * second_ms;
  std::optional<Seconds> not_before;
  if (latest) not_before = (*latest - minute_ms) / second_ms;
  return zone.to_utc(local / second_ms, not_before) * second_ms + local % second_ms;
}

}  // namespace

std::optional<LineTime> find_time(std::string_view line, std::optional<Millis> boot) {
  line = line.substr(0, near);
  TimeScanner in(line);
  if (in.take('<')) {  // the priority of syslog; RFC 5424 has a version behind it
    if (const auto digits = in.digits(); digits.empty() || digits.size() > 3 || !in.take('>'))
      return std::nullopt;
    if (auto time = time_here(in, '>', boot)) return time;
    if (in.take("1 "sv)) return iso_time(in);
  }
  if (in.take('@')) return tai64n_time(in);
  if (in.front() == '{') return in_json(line);

  constexpr int most_signs = 12;
  char before = '\0';
  const auto skip_signs = [&] {
    for (int i = 0; i < most_signs; ++i) {
      const char c = in.front();
      if (!in.take_any(" \t[]()\"'*#=-:|>")) break;
      if (c != ' ') before = c;
    }
  };
  skip_signs();
  if (auto time = time_here(in, before, boot)) return time;

  if (in.take("Log started: "sv) || in.take("Log ended: "sv)) return iso_time(in);  // apt's term.log

  // A word, and then the time; or a key of logfmt.
  TimeScanner ahead = in;
  while (ahead.at_letter() || ahead.front() == '-') ahead.skip(1);
  const auto word = in.rest().substr(0, in.left() - ahead.left());
  if (ahead.front() == '=' && (word == "time" || word == "ts" || word == "timestamp")) {
    ahead.skip(1);
    return value_of_key(ahead);
  }
  if (word == "type" || word == "node") {
    const auto audit = line.find("msg=audit("sv);
    if (audit != line.npos) return epoch_time(TimeScanner(line.substr(audit + 10)), true);
  }
  if (is_known_word(word)) {
    in = ahead;
    skip_signs();
    if (in.at_digit()) {
      if (auto time = iso_time(in)) return time;
    } else if (auto time = weekday_first_time(in)) {
      return time;
    }
  }
  // 1234:M 20 Nov 2026 14:02:11.123, of redis.
  if (ahead = in; !ahead.digits().empty() && ahead.take(':') && ahead.at_letter()) {
    ahead.skip(1);
    if (ahead.take(' ')) return day_first_time(ahead);
  }
  return in_brackets(line);
}

Millis resolve(const LineTime& time, const Zone& zone, const TimeHints& hints) {
  const auto clamped = [](Millis ms) { return std::clamp<Millis>(ms, 0, max_time); };
  const auto in = [&](int year) { return in_year(time, year, zone, hints.latest); };
  if (time.has_year()) return clamped(in(time.year));
  const bool leap_day = time.month == 2 && time.day == 29;
  const auto exists = [&](int year) {
    return year >= first_year && year <= last_year && (!leap_day || is_leap_year(year));
  };
  const Millis most = hints.modified + day_ms;
  if (hints.latest) {
    const int year = date_of(*hints.latest / day_ms).year;
    const Millis least = *hints.latest - day_ms;
    // The 31st of December after the 1st of January is of the year before; that is looked at only where it may be, since
    // the zone remembers one stretch of time.
    const bool may_be_before = time.month == 12 && time.day >= 30;
    for (int y = may_be_before ? year - 1 : year; y <= year + leap_gap + 1; ++y) {
      if (!exists(y)) continue;
      const Millis at = in(y);
      if (at >= least && at > most) break;
      if (at >= least) return clamped(at);
    }
  }
  const int last = date_of(std::clamp<Millis>(most, 0, max_time) / day_ms).year;
  for (int y = last + 1; y >= last - leap_gap - 1; --y) {
    if (exists(y) && in(y) <= most) return clamped(in(y));
  }
  return clamped(hints.modified);
}

}  // namespace ssblog
