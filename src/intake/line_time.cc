// SPDX-License-Identifier: MIT
#include "intake/line_time.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ssblog {
namespace {

using namespace std::string_view_literals;

constexpr Millis second_ms = 1000, minute_ms = 60'000, hour_ms = 3'600'000, day_ms = 86'400'000;
constexpr int first_year = 1970, last_year = 9999;
constexpr std::size_t near = 1024;  // bytes: how far into a line a time may stand

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Takes a line apart from its front. Each `take` leaves things as they are when it says no.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  char front() const { return at_ == end_ ? '\0' : *at_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  std::string_view rest() const { return {at_, left()}; }
  void skip(std::size_t n) { at_ += n; }
  bool take(char c) {
    if (front() != c || at_ == end_) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!rest().starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  bool take_any(std::string_view signs) {
    return at_ != end_ && signs.find(*at_) != signs.npos && take(*at_);
  }
  /// Exactly `count` digits; more of them may follow.
  bool number(int count, int& value) {
    if (left() < static_cast<std::size_t>(count)) return false;
    int sum = 0;
    for (int i = 0; i < count; ++i) {
      if (!is_digit(at_[i])) return false;
      sum = sum * 10 + (at_[i] - '0');
    }
    at_ += count;
    value = sum;
    return true;
  }
  /// The digits that stand here.
  std::string_view digits() {
    const char* begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }
  /// What stands here is not part of the word or number before.
  bool at_boundary() const { return !is_digit(front()) && !is_letter(front()) && front() != '_'; }

 private:
  const char* at_;
  const char* end_;
};

/// 1 to 12, as "Jan" to "Dec".
bool take_month(Scanner& in, int& month) {
  constexpr auto names = "JanFebMarAprMayJunJulAugSepOctNovDec"sv;
  if (in.left() < 3) return false;
  for (std::size_t i = 0; i < names.size(); i += 3) {
    if (!in.take(names.substr(i, 3))) continue;
    month = static_cast<int>(i / 3) + 1;
    return true;
  }
  return false;
}

bool take_weekday(Scanner& in) {
  for (const auto name : {"Mon"sv, "Tue"sv, "Wed"sv, "Thu"sv, "Fri"sv, "Sat"sv, "Sun"sv}) {
    if (in.take(name)) return true;
  }
  return false;
}

/// One digit or two, a blank before one that stands alone.
bool take_day(Scanner& in, int& day) {
  if (in.take(' ')) return in.number(1, day) && !is_digit(in.front());
  return in.number(2, day) || in.number(1, day);
}

/// ".123": as ms; what is finer is dropped.
void take_fraction(Scanner& in, LineTime& time) {
  const std::string_view rest = in.rest();
  if (rest.size() < 2 || (rest[0] != '.' && rest[0] != ',') || !is_digit(rest[1])) return;
  in.skip(1);
  const auto digits = in.digits();
  Millis unit = 100;
  for (std::size_t i = 0; i < 3 && i < digits.size(); ++i, unit /= 10) {
    time.of_day += unit * (digits[i] - '0');
    time.precision = unit;
  }
}

/// "14:02:11.123"; "14:02" only where `seconds` may be missing.
bool take_clock(Scanner& in, LineTime& time, bool seconds_needed = true) {
  Scanner ahead = in;
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
void take_zone(Scanner& in, LineTime& time) {
  Scanner ahead = in;
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

int days_in(int month, int year) {
  constexpr std::array<int, 12> days = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month == 2 && year != 0 && !is_leap_year(year)) return 28;
  return days[static_cast<std::size_t>(month) - 1];
}

bool is_date(const LineTime& time) {
  if (time.year != 0 && (time.year < first_year || time.year > last_year)) return false;
  if (time.month < 1 || time.month > 12) return false;
  return time.day >= 1 && time.day <= days_in(time.month, time.year);
}

std::optional<LineTime> checked(const LineTime& time, const Scanner& behind) {
  if (!is_date(time) || !behind.at_boundary()) return std::nullopt;
  return time;
}

// ---- One function a form; each looks at what stands at its front ----

/// 2026-11-20T14:02:11.123+01:00, with a blank or two for the T, with slashes; 20261120T140211Z.
std::optional<LineTime> iso(Scanner in) {
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

/// Oct 11 22:14:15, Oct 11 2003 22:14:15.123.
std::optional<LineTime> month_first(Scanner in) {
  LineTime time;
  if (!take_month(in, time.month) || !in.take(' ') || !take_day(in, time.day) || !in.take(' '))
    return std::nullopt;
  Scanner with_year = in;
  if (with_year.number(4, time.year) && with_year.take(' '))
    in = with_year;
  else
    time.year = 0;
  if (!take_clock(in, time)) return std::nullopt;
  take_zone(in, time);
  return checked(time, in);
}

/// 20 Nov 2026 14:02:11, 20-Nov-2026 14:02:11, 10/Oct/2000:13:55:36 -0700.
std::optional<LineTime> day_first(Scanner in) {
  LineTime time;
  if (!in.number(2, time.day)) return std::nullopt;
  const char mark = in.front();
  if (!in.take_any(" -/") || !take_month(in, time.month) || !in.take(mark) || !in.number(4, time.year) ||
      !in.take(mark == '/' ? ':' : ' ') || !take_clock(in, time))
    return std::nullopt;
  take_zone(in, time);
  return checked(time, in);
}

/// A clock that may be of twelve hours, a zone, and a year behind them: the end of what `date` and asctime print.
bool take_clock_and_year(Scanner& in, LineTime& time) {
  if (!take_clock(in, time)) return false;
  if (Scanner ahead = in;
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
  Scanner ahead = in;
  if (!ahead.take(' ')) return false;
  if (is_letter(ahead.front())) {
    while (is_letter(ahead.front())) ahead.skip(1);
    if (!ahead.take(' ')) return false;
  }
  if (!ahead.number(4, time.year)) return false;
  in = ahead;
  return true;
}

/// Fri Nov 20 14:02:11 CET 2026, Fri 20 Nov 2026 02:02:11 PM CET, Fri, 20 Nov 2026 14:02:11 +0100.
std::optional<LineTime> weekday_first(Scanner in) {
  LineTime time;
  if (!take_weekday(in)) return std::nullopt;
  in.take(',');
  if (!in.take(' ')) return std::nullopt;
  if (take_month(in, time.month)) {
    if (!in.take(' ') || !take_day(in, time.day) || !in.take(' ')) return std::nullopt;
    Scanner with_year = in;
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

/// I1120 14:02:11.123456, of glog and klog.
std::optional<LineTime> glog(Scanner in) {
  LineTime time;
  if (!in.take_any("IWEF") || !in.number(2, time.month) || !in.number(2, time.day) || !in.take(' ') ||
      !take_clock(in, time) || time.precision == second_ms)
    return std::nullopt;
  return checked(time, in);
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

/// Seconds or ms since 1970. Without a fraction it may as well be a count: only where `told` says that it is a time.
std::optional<LineTime> epoch(Scanner in, bool told) {
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

/// [12345.678901], seconds since the machine started.
std::optional<LineTime> since_boot(Scanner in, std::optional<Millis> boot) {
  const auto digits = in.digits();
  const auto rest = in.rest();
  if (!boot || digits.empty() || digits.size() > 9 || rest.size() < 8 || rest[0] != '.' || rest[7] != ']')
    return std::nullopt;
  LineTime fraction;
  take_fraction(in, fraction);
  return in.front() == ']' ? of_utc(*boot + number_of(digits) * second_ms + fraction.of_day, 1)
                           : std::nullopt;
}

/// @4000000037c219bf2ef02e94. multilog and svlogd count ten seconds ahead of UTC, whatever the leap seconds are.
std::optional<LineTime> tai64n(Scanner in) {
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

/// A time that stands right here, whatever its form.
std::optional<LineTime> any_form(const Scanner& in, char before, std::optional<Millis> boot) {
  const char front = in.front();
  if (is_digit(front)) {
    if (auto time = iso(in)) return time;
    if (auto time = epoch(in, before == '[' || before == '#')) return time;
    if (auto time = day_first(in)) return time;
    if (before == '[') return since_boot(in, boot);
    return std::nullopt;
  }
  if (is_letter(front)) {
    if (auto time = month_first(in)) return time;
    if (auto time = weekday_first(in)) return time;
    return glog(in);
  }
  return std::nullopt;
}

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
std::optional<LineTime> value_of_key(Scanner in) {
  in.take('"');
  if (auto time = iso(in)) return time;
  return epoch(in, true);
}

std::optional<LineTime> in_json(std::string_view line) {
  for (const auto key : {"\"time\""sv, "\"timestamp\""sv, "\"@timestamp\""sv, "\"ts\""sv, "\"datetime\""sv}) {
    const auto found = line.find(key);
    if (found == line.npos) continue;
    Scanner in(line.substr(found + key.size()));
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
    if (auto time = day_first(Scanner(line.substr(at + 1)))) return time;
  }
  return std::nullopt;
}

}  // namespace

std::optional<LineTime> find_time(std::string_view line, std::optional<Millis> boot) {
  line = line.substr(0, near);
  Scanner in(line);
  if (in.take('<')) {  // the priority of syslog; RFC 5424 has a version behind it
    if (const auto digits = in.digits(); digits.empty() || digits.size() > 3 || !in.take('>'))
      return std::nullopt;
    if (auto time = any_form(in, '>', boot)) return time;
    if (in.take("1 "sv)) return iso(in);
  }
  if (in.take('@')) return tai64n(in);
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
  if (auto time = any_form(in, before, boot)) return time;

  if (in.take("Log started: "sv) || in.take("Log ended: "sv)) return iso(in);  // apt's term.log

  // A word, and then the time; or a key of logfmt.
  Scanner ahead = in;
  while (is_letter(ahead.front()) || ahead.front() == '-') ahead.skip(1);
  const auto word = in.rest().substr(0, in.left() - ahead.left());
  if (ahead.front() == '=' && (word == "time" || word == "ts" || word == "timestamp")) {
    ahead.skip(1);
    return value_of_key(ahead);
  }
  if (word == "type" || word == "node") {
    const auto audit = line.find("msg=audit("sv);
    if (audit != line.npos) return epoch(Scanner(line.substr(audit + 10)), true);
  }
  if (is_known_word(word)) {
    in = ahead;
    skip_signs();
    if (is_digit(in.front())) {
      if (auto time = iso(in)) return time;
    } else if (auto time = weekday_first(in)) {
      return time;
    }
  }
  // 1234:M 20 Nov 2026 14:02:11.123, of redis.
  if (ahead = in; !ahead.digits().empty() && ahead.take(':') && is_letter(ahead.front())) {
    ahead.skip(1);
    if (ahead.take(' ')) return day_first(ahead);
  }
  return in_brackets(line);
}

std::int64_t days_of(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = y / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

Date date_of(std::int64_t days) {
  days += 719468;
  const std::int64_t era = days / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_of_year = (5 * day_of_year + 2) / 153;
  const int month = static_cast<int>(month_of_year < 10 ? month_of_year + 3 : month_of_year - 9);
  return {static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), month,
          static_cast<int>(day_of_year - (153 * month_of_year + 2) / 5 + 1)};
}

namespace {

/// ms since 1970 of a time in a year.
Millis in_year(const LineTime& time, int year, const Zone& zone, std::optional<Millis> latest) {
  const Millis local = days_of(year, time.month, time.day) * day_ms + time.of_day;
  if (time.offset) return local - *time.offset * second_ms;
  std::optional<Seconds> not_before;
  if (latest) not_before = (*latest - minute_ms) / second_ms;
  return zone.to_utc(local / second_ms, not_before) * second_ms + local % second_ms;
}

constexpr int leap_gap = 8;  // years between two 29ths of February, at most

}  // namespace

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
