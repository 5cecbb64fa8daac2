// SPDX-License-Identifier: MIT
#include "board/calendar.h"

#include "board/calendar_words.h"

#include <date/tz.h>
#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

using namespace ssblog;

namespace {

Millis at(const std::string& utc) {
  std::istringstream in(utc);
  date::sys_seconds time;
  in >> date::parse("%Y-%m-%d %H:%M:%S", time);
  REQUIRE_MESSAGE(!in.fail(), utc);
  return time.time_since_epoch().count() * 1000;
}

std::string text(Millis time) {
  return date::format("%Y-%m-%d %H:%M:%S", date::sys_seconds(std::chrono::seconds(time / 1000)));
}

/// The next `count` times in UTC.
std::vector<std::string> next(const std::string& expression, const std::string& zone, const std::string& from,
                              std::size_t count = 1) {
  auto calendar = Calendar::read(expression, zone);
  REQUIRE_MESSAGE(calendar, calendar.error().text);
  std::vector<std::string> times;
  std::optional<Millis> time = at(from);
  while (times.size() < count && (time = calendar->next_after(*time))) times.push_back(text(*time));
  return times;
}

using Times = std::vector<std::string>;

}  // namespace

TEST_CASE("cron: five fields") {
  CHECK(next("30 2 * * *", "", "2026-11-20 02:29:59", 2) ==
        Times{"2026-11-20 02:30:00", "2026-11-21 02:30:00"});
  CHECK(next("30 2 * * *", "", "2026-11-20 02:30:00") == Times{"2026-11-21 02:30:00"});
  CHECK(next("*/20 8-9 * * *", "", "2026-11-20 00:00:00", 7) ==
        Times{"2026-11-20 08:00:00", "2026-11-20 08:20:00", "2026-11-20 08:40:00", "2026-11-20 09:00:00",
              "2026-11-20 09:20:00", "2026-11-20 09:40:00", "2026-11-21 08:00:00"});
  CHECK(next("0 0 * jan,FEB mon", "", "2026-11-20 00:00:00", 2) ==
        Times{"2027-01-04 00:00:00", "2027-01-11 00:00:00"});
  CHECK(next("0 12 * * 7", "", "2026-11-20 00:00:00") == Times{"2026-11-22 12:00:00"});
  CHECK(next("0 12 * * 5-7", "", "2026-11-20 12:00:00", 3) ==
        Times{"2026-11-21 12:00:00", "2026-11-22 12:00:00", "2026-11-27 12:00:00"});
  CHECK(next("0 12 29 2 *", "", "2026-11-20 00:00:00", 2) ==
        Times{"2028-02-29 12:00:00", "2032-02-29 12:00:00"});
}

TEST_CASE("cron: a day of the month or of the week, where both are given") {
  CHECK(next("0 0 13 * fri", "", "2026-11-01 00:00:00", 4) ==
        Times{"2026-11-06 00:00:00", "2026-11-13 00:00:00", "2026-11-20 00:00:00", "2026-11-27 00:00:00"});
  CHECK(next("0 0 24 * fri", "", "2026-11-20 00:00:00", 2) ==
        Times{"2026-11-24 00:00:00", "2026-11-27 00:00:00"});
  // A star is no choice, and one with a step is a choice of both.
  CHECK(next("0 0 */2 * fri", "", "2026-11-01 00:00:00", 2) ==
        Times{"2026-11-13 00:00:00", "2026-11-27 00:00:00"});
}

TEST_CASE("cron: words") {
  CHECK(next("@daily", "", "2026-11-20 10:00:00") == Times{"2026-11-21 00:00:00"});
  CHECK(next("@Hourly", "", "2026-11-20 10:00:00") == Times{"2026-11-20 11:00:00"});
  CHECK(next("@weekly", "", "2026-11-20 10:00:00") == Times{"2026-11-22 00:00:00"});
}

TEST_CASE("systemd: days, dates, times") {
  CHECK(next("Mon..Fri 02:30", "", "2026-11-20 03:00:00", 2) ==
        Times{"2026-11-23 02:30:00", "2026-11-24 02:30:00"});
  CHECK(next("Mon-Fri 02:30", "", "2026-11-20 03:00:00") == Times{"2026-11-23 02:30:00"});
  CHECK(next("Sat,Sun *-*-* 20:00", "", "2026-11-20 03:00:00", 2) ==
        Times{"2026-11-21 20:00:00", "2026-11-22 20:00:00"});
  CHECK(next("Sat..Sun 20:00", "", "2026-11-20 03:00:00", 3) ==
        Times{"2026-11-21 20:00:00", "2026-11-22 20:00:00", "2026-11-28 20:00:00"});
  CHECK(next("Sun..Mon 20:00", "", "2026-11-20 03:00:00", 2) ==
        Times{"2026-11-22 20:00:00", "2026-11-23 20:00:00"});
  CHECK(next("*-*-01 04:00:00", "", "2026-11-20 00:00:00") == Times{"2026-12-01 04:00:00"});
  CHECK(next("12-24", "", "2026-11-20 00:00:00") == Times{"2026-12-24 00:00:00"});
  CHECK(next("2027..2028-02-29", "", "2026-11-20 00:00:00", 3) == Times{"2028-02-29 00:00:00"});
  CHECK(next("27-1-2", "", "2026-11-20 00:00:00", 2) == Times{"2027-01-02 00:00:00"});
  CHECK(next("*:0/15", "", "2026-11-20 10:07:00", 2) == Times{"2026-11-20 10:15:00", "2026-11-20 10:30:00"});
  CHECK(next("*:*:10..12", "", "2026-11-20 10:07:11", 2) ==
        Times{"2026-11-20 10:07:12", "2026-11-20 10:08:10"});
  CHECK(next("Fri *-*-13", "", "2026-11-20 00:00:00", 2) ==
        Times{"2027-08-13 00:00:00", "2028-10-13 00:00:00"});
  CHECK(next("semiannually", "", "2026-11-20 00:00:00", 2) ==
        Times{"2027-01-01 00:00:00", "2027-07-01 00:00:00"});
}

TEST_CASE("systemd: days from the end of a month") {
  CHECK(next("*-*~1", "", "2028-01-31 00:00:00", 2) == Times{"2028-02-29 00:00:00", "2028-03-31 00:00:00"});
  CHECK(next("Mon *-05~07/1", "", "2026-01-01 00:00:00", 2) ==
        Times{"2026-05-25 00:00:00", "2027-05-31 00:00:00"});
  CHECK(next("*-02~02..03", "", "2026-01-01 00:00:00", 2) ==
        Times{"2026-02-26 00:00:00", "2026-02-27 00:00:00"});
}

TEST_CASE("a zone: of the expression before that of the rule") {
  CHECK(next("02:30", "Europe/Berlin", "2026-11-20 00:00:00") == Times{"2026-11-20 01:30:00"});
  CHECK(next("02:30 America/New_York", "Europe/Berlin", "2026-11-20 00:00:00") ==
        Times{"2026-11-20 07:30:00"});
  CHECK(next("daily UTC", "Europe/Berlin", "2026-11-20 00:00:00") == Times{"2026-11-21 00:00:00"});
}

TEST_CASE("an hour that is left out: at the change") {
  // 29 March 2026, 01:00 UTC: 02:00 becomes 03:00.
  CHECK(next("30 2 * * *", "Europe/Berlin", "2026-03-28 00:00:00", 3) ==
        Times{"2026-03-28 01:30:00", "2026-03-29 01:00:00", "2026-03-30 00:30:00"});
  CHECK(next("0,30 2 * * *", "Europe/Berlin", "2026-03-28 12:00:00", 2) ==
        Times{"2026-03-29 01:00:00", "2026-03-30 00:00:00"});
  // Once, where a time falls on the change itself.
  CHECK(next("30 2-3 * * *", "Europe/Berlin", "2026-03-29 00:00:00", 2) ==
        Times{"2026-03-29 01:00:00", "2026-03-29 01:30:00"});
  CHECK(next("0 3 * * *", "Europe/Berlin", "2026-03-29 00:00:00", 2) ==
        Times{"2026-03-29 01:00:00", "2026-03-30 01:00:00"});
  CHECK(next("30 * * * *", "Europe/Berlin", "2026-03-29 00:00:00", 2) ==
        Times{"2026-03-29 00:30:00", "2026-03-29 01:30:00"});
  // Clocks of half an hour, far away.
  CHECK(next("15 2 * * *", "Australia/Lord_Howe", "2026-10-03 00:00:00", 2) ==
        Times{"2026-10-03 15:30:00", "2026-10-04 15:15:00"});
}

TEST_CASE("an hour that comes twice: the first time") {
  // 25 October 2026, 01:00 UTC: 03:00 becomes 02:00.
  CHECK(next("30 2 * * *", "Europe/Berlin", "2026-10-24 12:00:00", 2) ==
        Times{"2026-10-25 00:30:00", "2026-10-26 01:30:00"});
  CHECK(next("30 2 * * *", "Europe/Berlin", "2026-10-25 00:45:00") == Times{"2026-10-26 01:30:00"});
  CHECK(next("0 3 * * *", "Europe/Berlin", "2026-10-25 00:00:00") == Times{"2026-10-25 02:00:00"});
  CHECK(next("30 * * * *", "Europe/Berlin", "2026-10-25 00:00:00", 3) ==
        Times{"2026-10-25 00:30:00", "2026-10-25 01:30:00", "2026-10-25 02:30:00"});
}

TEST_CASE("each time comes once, and none is passed over, in a year of several zones") {
  for (const char* zone :
       {"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"}) {
    CAPTURE(zone);
    auto daily = Calendar::read("30 2 * * *", zone);
    REQUIRE(daily);
    Millis time = at("2026-01-01 00:00:00");
    int days = 0;
    for (; days < 366; ++days) {
      auto next = daily->next_after(time);
      REQUIRE(next);
      const Millis hours = (*next - time) / 3'600'000;
      if (days > 0) CHECK((hours >= 22 && hours <= 25));
      // From anywhere between: the same one.
      CHECK(daily->next_after((time + *next) / 2) == next);
      CHECK(daily->next_after(*next - 1) == next);
      time = *next;
    }
    CHECK(text(time).substr(0, 8) == "2027-01-");
  }
}

TEST_CASE("there is an end") {
  CHECK(next("2020-01-01", "", "2026-11-20 00:00:00").empty());
  CHECK(next("2199-12-31 23:59:59", "", "2026-11-20 00:00:00", 2) == Times{"2199-12-31 23:59:59"});
  auto calendar = Calendar::read("daily", "Europe/Berlin");
  REQUIRE(calendar);
  CHECK(!calendar->next_after(max_time));
  CHECK(calendar->next_after(0));
  CHECK(calendar->next_after(-max_time));
}

TEST_CASE("what is no calendar expression is refused in one sentence") {
  for (const char* bad : {"",
                          "   ",
                          "30 2 * *",
                          "30 2 * * * root",
                          "60 2 * * *",
                          "30 24 * * *",
                          "0 0 0 * *",
                          "0 0 * 13 *",
                          "0 0 * * 8",
                          "0 0 31 2 *",
                          "*/0 * * * *",
                          "5-3 * * * *",
                          "1, * * * *",
                          "- * * * *",
                          "a * * * *",
                          "0 0 L * *",
                          "@reboot",
                          "@never",
                          "Mon..",
                          "Fri..Mon 02:30",
                          "Fooday",
                          "25:00",
                          "12:60",
                          "12:00:00.5",
                          "12:00 13:00",
                          "12:00 *-*-*",
                          "*-02-30",
                          "1-2-3-4",
                          "*-*-32",
                          "1969-01-01",
                          "2200-01-01",
                          "12",
                          "1:2:3:4",
                          "\x1b[31m",
                          "99999999999 * * * *",
                          "*/99999999999 * * * *",
                          "--",
                          "~",
                          "~1",
                          ":",
                          "::",

                          "Mon Tue 12:00"}) {
    CAPTURE(bad);
    auto calendar = Calendar::read(bad, "");
    REQUIRE(!calendar);
    CHECK(calendar.error().code == Code::usage);
    CHECK(calendar.error().text.find('\x1b') == std::string::npos);
    CHECK(calendar.error().text.find("good are") != std::string::npos);
  }
  CHECK(!Calendar::read(std::string(longest_calendar + 1, '1'), ""));
  std::string blanks = "0 0 * * *";
  CHECK(Calendar::read(blanks, ""));
  CHECK(!Calendar::read(blanks.insert(7, longest_calendar, ' '), ""));
  auto nowhere = Calendar::read("daily", "Nowhere/Town");
  REQUIRE(!nowhere);
  CHECK(nowhere.error().code == Code::config);
}
