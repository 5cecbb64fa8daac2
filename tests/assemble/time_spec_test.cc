// SPDX-License-Identifier: MIT
#include "assemble/time_spec.h"

#include "assemble/time_text.h"

#include <doctest/doctest.h>

#include <stdlib.h>
#include <time.h>

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace ssblog;

namespace {

/// A time zone for the process until the end of the scope.
class InZone {
 public:
  explicit InZone(const char* zone) {
    if (const char* old = getenv("TZ")) old_ = old;
    setenv("TZ", zone, 1);
    tzset();
  }
  ~InZone() {
    if (old_) {
      setenv("TZ", old_->c_str(), 1);
    } else {
      unsetenv("TZ");
    }
    tzset();
  }
  InZone(const InZone&) = delete;
  InZone& operator=(const InZone&) = delete;

 private:
  std::optional<std::string> old_;
};

constexpr std::int64_t now = 1795183331123;  // 2026-11-20T14:02:11.123Z, a Friday

std::string utc(std::int64_t ms) {
  std::string text;
  append_utc_time(text, ms);
  return text;
}

/// What a text means, printed; the reason where it means nothing.
std::string meant(std::string_view text, std::int64_t at = now) {
  const auto ms = parse_time(text, at);
  return ms ? utc(*ms) : ms.error().text;
}

using Table = std::vector<std::pair<std::string, std::string>>;

void check(const Table& table) {
  for (const auto& row : table) {
    CAPTURE(row.first);
    CHECK(meant(row.first) == row.second);
  }
}

}  // namespace

TEST_CASE("a time is printed in UTC with its milliseconds") {
  CHECK(utc(0) == "1970-01-01T00:00:00.000Z");
  CHECK(utc(now) == "2026-11-20T14:02:11.123Z");
  CHECK(utc(951782399999) == "2000-02-28T23:59:59.999Z");
  CHECK(utc(951782400000) == "2000-02-29T00:00:00.000Z");
  CHECK(utc(4107542400000) == "2100-03-01T00:00:00.000Z");
  CHECK(utc(time_max_ms) == "9999-12-31T23:59:59.999Z");
  CHECK(utc(-1) == utc(0));
  CHECK(utc(std::numeric_limits<std::int64_t>::max()) == utc(time_max_ms));
}

TEST_CASE("every day is printed as the C library prints it") {
  for (std::int64_t day = 0; day * 86'400'000 <= time_max_ms; ++day) {
    const std::int64_t ms = day * 86'400'000 + day * 7919 % 86'400'000;
    const auto seconds = static_cast<time_t>(ms / 1000);
    tm broken{};
    gmtime_r(&seconds, &broken);
    char text[40];
    const std::size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &broken);
    const std::string millis = std::to_string(1000 + ms % 1000).substr(1);
    if (utc(ms) != std::string(text, size) + millis + "Z") FAIL("day " << day);
  }
}

TEST_CASE("words and spans count from now") {
  const InZone zone("UTC");
  check({
      {"now", "2026-11-20T14:02:11.123Z"},
      {"today", "2026-11-20T00:00:00.000Z"},
      {"yesterday", "2026-11-19T00:00:00.000Z"},
      {"tomorrow", "2026-11-21T00:00:00.000Z"},
      {"yesterday 18:00", "2026-11-19T18:00:00.000Z"},
      {"-2h", "2026-11-20T12:02:11.123Z"},
      {"- 2 h", "2026-11-20T12:02:11.123Z"},
      {"+30min", "2026-11-20T14:32:11.123Z"},
      {"2h ago", "2026-11-20T12:02:11.123Z"},
      {"  1h 30min ago ", "2026-11-20T12:32:11.123Z"},
      {"1 hour 30 minutes ago", "2026-11-20T12:32:11.123Z"},
      {"-1d12h", "2026-11-19T02:02:11.123Z"},
      {"-1.5h", "2026-11-20T12:32:11.123Z"},
      {"-.5s", "2026-11-20T14:02:10.623Z"},
      {"-1us", "2026-11-20T14:02:11.122Z"},
      {"+999us", "2026-11-20T14:02:11.123Z"},
      {"+1000µs", "2026-11-20T14:02:11.124Z"},
      {"-123ms", "2026-11-20T14:02:11.000Z"},
      {"-11s123ms", "2026-11-20T14:02:00.000Z"},
      {"-2m", "2026-11-20T14:00:11.123Z"},
      {"-1w", "2026-11-13T14:02:11.123Z"},
      {"-1M", "2026-10-21T03:32:11.123Z"},
      {"-1y", "2025-11-20T08:02:11.123Z"},
      {"-1month", "2026-10-21T03:32:11.123Z"},
  });
}

TEST_CASE("every unit has the names of systemd") {
  const std::pair<std::vector<const char*>, std::int64_t> units[] = {
      {{"ms", "msec"}, 1},
      {{"s", "sec", "second", "seconds"}, 1000},
      {{"m", "min", "minute", "minutes"}, 60'000},
      {{"h", "hr", "hour", "hours"}, 3'600'000},
      {{"d", "day", "days"}, 86'400'000},
      {{"w", "week", "weeks"}, 604'800'000},
      {{"M", "month", "months"}, 2'629'800'000},
      {{"y", "year", "years"}, 31'557'600'000},
  };
  for (const auto& [names, ms] : units) {
    for (const char* name : names) {
      CAPTURE(name);
      const auto past = parse_time("-3" + std::string(name), now);
      REQUIRE(past);
      CHECK(*past == now - 3 * ms);
      const auto future = parse_time("+3 " + std::string(name), now);
      REQUIRE(future);
      CHECK(*future == now + 3 * ms);
    }
  }
  for (const char* name : {"us", "usec", "\u00b5s", "\u03bcs"}) {
    CHECK(meant("-5000" + std::string(name)) == "2026-11-20T14:02:11.118Z");
  }
}

TEST_CASE("days and clocks are local time unless a zone is named") {
  const Table fixed = {
      {"2026-11-20T14:00:05Z", "2026-11-20T14:00:05.000Z"},
      {"2026-11-20T14:00:05+01:00", "2026-11-20T13:00:05.000Z"},
      {"2026-11-20T14:00:05-0730", "2026-11-20T21:30:05.000Z"},
      {"2026-11-20T14:00:05+05", "2026-11-20T09:00:05.000Z"},
      {"2026-11-20 14:00 UTC", "2026-11-20T14:00:00.000Z"},
      {"2026-11-20 14:00Z", "2026-11-20T14:00:00.000Z"},
      {"2026-11-20 14:00 +02:00", "2026-11-20T12:00:00.000Z"},
      {"2026-11-20 UTC", "2026-11-20T00:00:00.000Z"},
      {"14:00 UTC", "2026-11-20T14:00:00.000Z"},
      {"today UTC", "2026-11-20T00:00:00.000Z"},
      {"today +11:00", "2026-11-20T13:00:00.000Z"},
      {"today -11:00", "2026-11-20T11:00:00.000Z"},
      {"@1763640000", "2025-11-20T12:00:00.000Z"},
      {"@1763640000.5", "2025-11-20T12:00:00.500Z"},
      {"@1763640000.0019999", "2025-11-20T12:00:00.001Z"},
      {"@0", "1970-01-01T00:00:00.000Z"},
  };
  {
    const InZone zone("UTC");
    check(fixed);
    check({
        {"2026-11-20", "2026-11-20T00:00:00.000Z"},
        {"2026-11-20 14:00", "2026-11-20T14:00:00.000Z"},
        {"2026-11-20T14:00", "2026-11-20T14:00:00.000Z"},
        {"2026-11-20 14:00:05.123", "2026-11-20T14:00:05.123Z"},
        {"2026-11-20 14:00:05.1239999999999999", "2026-11-20T14:00:05.123Z"},
        {"Fri 2026-11-20", "2026-11-20T00:00:00.000Z"},
        {"friday  2026-11-20 \t9:05", "2026-11-20T09:05:00.000Z"},
        {"14:00", "2026-11-20T14:00:00.000Z"},
        {"2024-02-29", "2024-02-29T00:00:00.000Z"},
    });
  }
  const InZone zone("Europe/Berlin");
  check(fixed);
  check({
      {"2026-11-20", "2026-11-19T23:00:00.000Z"},
      {"2026-07-20", "2026-07-19T22:00:00.000Z"},
      {"2026-11-20 14:00", "2026-11-20T13:00:00.000Z"},
      {"14:00", "2026-11-20T13:00:00.000Z"},
      {"today", "2026-11-19T23:00:00.000Z"},
      {"tomorrow", "2026-11-20T23:00:00.000Z"},
      {"-1d", "2026-11-19T14:02:11.123Z"},
  });
}

TEST_CASE("today is the day of the place") {
  const std::int64_t late = now + 9 * 3'600'000 + 1'800'000;  // 23:32 in London, 00:32 in Berlin
  const InZone zone("Europe/Berlin");
  CHECK(meant("today", late) == "2026-11-20T23:00:00.000Z");
  CHECK(meant("yesterday 12:00", late) == "2026-11-20T11:00:00.000Z");
  CHECK(meant("today UTC", late) == "2026-11-20T00:00:00.000Z");
}

TEST_CASE("a changed clock leaves every local time with one meaning") {
  const InZone zone("Europe/Berlin");
  check({
      {"2026-03-29 01:59:59", "2026-03-29T00:59:59.000Z"},
      {"2026-03-29 02:00", "2026-03-29T01:00:00.000Z"},  // left out
      {"2026-03-29 02:30", "2026-03-29T01:30:00.000Z"},
      {"2026-03-29 03:00", "2026-03-29T01:00:00.000Z"},
      {"2026-10-25 01:59:59", "2026-10-24T23:59:59.000Z"},
      {"2026-10-25 02:30", "2026-10-25T00:30:00.000Z"},  // comes twice: the earlier one
      {"2026-10-25 03:00", "2026-10-25T02:00:00.000Z"},
      {"2026-03-29", "2026-03-28T23:00:00.000Z"},
      {"2026-03-30", "2026-03-29T22:00:00.000Z"},
  });
  const std::int64_t spring = 1774785600000;  // 2026-03-29T12:00Z, a day of 23 hours
  CHECK(meant("today", spring) == "2026-03-28T23:00:00.000Z");
  CHECK(meant("tomorrow", spring) == "2026-03-29T22:00:00.000Z");
}

TEST_CASE("a day that begins at one o'clock begins there") {
  const InZone zone("America/Sao_Paulo");
  CHECK(meant("2018-11-04") == "2018-11-04T03:00:00.000Z");
}

TEST_CASE("a zone far from Greenwich is no exception") {
  const InZone zone("Pacific/Apia");
  CHECK(meant("2011-12-29 23:59") == "2011-12-30T09:59:00.000Z");
  CHECK(meant("2011-12-31 00:00") == "2011-12-30T10:00:00.000Z");
}

TEST_CASE("what is no time is refused with examples") {
  const InZone zone("UTC");
  for (const std::string& text : std::vector<std::string>{"",
                                                          " ",
                                                          "x",
                                                          "2h",
                                                          "ago",
                                                          " ago",
                                                          "-",
                                                          "+",
                                                          "-h",
                                                          "-2",
                                                          "-2x",
                                                          "-2 hours ago",
                                                          "--2h",
                                                          "-1h-2m",
                                                          "12 ago",
                                                          "2026",
                                                          "2026-11",
                                                          "26-11-20",
                                                          "2026-1-2",
                                                          "2026-13-01",
                                                          "2026-00-10",
                                                          "2026-11-00",
                                                          "2026-02-30",
                                                          "2023-02-29",
                                                          "2026-11-31",
                                                          "12026-11-20",
                                                          "25:00",
                                                          "24:00",
                                                          "14:60",
                                                          "14:00:60",
                                                          "14",
                                                          "14:",
                                                          "14:0",
                                                          "140:00",
                                                          "14:00:5",
                                                          "14:00:05.",
                                                          "14:00:05,5",
                                                          "2026-11-20 ",
                                                          "2026-11-20T",
                                                          "2026-11-20x",
                                                          "2026-11-20 x",
                                                          "2026-11-2014:00",
                                                          "2026-11-20  T14:00",
                                                          "Sat 2026-11-20",
                                                          "Fri",
                                                          "Fri 14:00",
                                                          "Fri today",
                                                          "Fry 2026-11-20",
                                                          "2026-11-20 14:00 CET",
                                                          "2026-11-20 14:00 +1",
                                                          "2026-11-20 14:00 +24:00",
                                                          "2026-11-20 14:00 +01:60",
                                                          "2026-11-20 14:00 +01:",
                                                          "2026-11-20 14:00 +0",
                                                          "2026-11-20 14:00Zx",
                                                          "now UTC",
                                                          "nowish",
                                                          "todays",
                                                          "@",
                                                          "@x",
                                                          "@1.",
                                                          "@.5",
                                                          "@-5",
                                                          "@1 2",
                                                          "@1e5",
                                                          "2h 30 ago",
                                                          "\x1b[31m"}) {
    if (text == "2026-11-20 ") continue;  // blanks at the ends do not count
    CAPTURE(text);
    const auto ms = parse_time(text, now);
    REQUIRE(!ms);
    CHECK(ms.error().code == Code::usage);
    CHECK(ms.error().text.find("-2h") != std::string::npos);
    CHECK(ms.error().text.find('\x1b') == std::string::npos);
  }
  CHECK(meant("2026-02-30").find("no such day") != std::string::npos);
  CHECK(meant("25:00").find("23:59:59") != std::string::npos);
  CHECK(meant("Sat 2026-11-20").find("day of the week") != std::string::npos);
}

TEST_CASE("times outside of what can be printed become the nearest that can") {
  const InZone zone("Europe/Berlin");
  const std::string first = utc(0);
  const std::string last = utc(time_max_ms);
  const std::string nines(40, '9');
  check({
      {"-100y", first},
      {"+9000y", last},
      {"-" + nines + "y", first},
      {"+" + nines + "w" + nines + "w", last},
      {nines + "." + nines + "s ago", first},
      {"@" + nines, last},
      {"@253402300800", last},
      {"1950-01-01", first},
      {"0000-01-01", first},
      {"1970-01-01", first},
      {"9999-12-31T23:59:59.9999-23:59", last},
  });
  for (const std::int64_t odd :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    for (const char* text : {"now", "today", "tomorrow", "-1h", "+1h", "14:00"}) {
      const auto ms = parse_time(text, odd);
      REQUIRE(ms);
      CHECK(*ms >= 0);
      CHECK(*ms <= time_max_ms);
    }
  }
}
