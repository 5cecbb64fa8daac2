// SPDX-License-Identifier: MIT
#include "intake/line_time.h"
#include "intake/civil_date.h"

#include <doctest/doctest.h>

#include <chrono>
#include <random>

using namespace ssblog;

namespace {

constexpr Millis day_ms = 86'400'000;

/// ms since 1970 of a time in UTC.
Millis utc(int year, int month, int day, int hour = 0, int minute = 0, int second = 0, int ms = 0) {
  return days_of(year, month, day) * day_ms + ((hour * 60 + minute) * 60 + second) * Millis{1000} + ms;
}

Zone zone(const std::string& name) {
  auto found = Zone::named(name);
  REQUIRE(found);
  return *found;
}

struct Timed {
  std::string_view line;
  Millis time;  ///< in UTC where the line has no zone
  bool has_year = true, has_zone = false;
};

}  // namespace

TEST_CASE("the times that programs write are read") {
  const Millis then = utc(2026, 11, 20, 14, 2, 11);
  const Timed cases[] = {
      // ISO 8601, RFC 3339
      {"2026-11-20T14:02:11Z backup done", then, true, true},
      {"2026-11-20T14:02:11.5Z", then + 500, true, true},
      {"2026-11-20T14:02:11.123456789+00:00 x", then + 123, true, true},
      {"2026-11-20T15:02:11+01:00 nas sshd[1]: x", then, true, true},
      {"2026-11-20T15:02:11+0100", then, true, true},
      {"2026-11-20T15:02:11+01", then, true, true},
      {"2026-11-20T08:32:11-05:30 x", then, true, true},
      {"2026-11-20t14:02:11z", then, true, true},
      {"20261120T140211Z x", then, true, true},
      {"20261120T140211 x", then},
      {"2026-11-20 14:02:11 status installed man-db:amd64 2.11.2-2", then},
      {"2026-11-20 14:02:11,123 INFO main x", then + 123},
      {"2026-11-20 14:02:11.123 UTC [77] LOG:  database system is ready", then + 123, true, true},
      {"2026-11-20 15:02:11.123 +0100 x", then + 123, true, true},
      {"2026-11-20 14:02:11 - 15:30 x", then},
      {"2026-11-20 14:02 x", utc(2026, 11, 20, 14, 2)},
      {"[2026-11-20 14:02:11] local.ERROR: x", then},
      {"[2026-11-20T14:02:11.123+0000] x", then + 123, true, true},
      {"\t2026-11-20 14:02:11 x", then},
      {"--2026-11-20 14:02:11--  http://example.org/", then},
      {"2026/11/20 14:02:11 [error] 12#12: *1 open() failed", then},
      {"2026/11/20 14:02:11 [4711] building file list", then},
      {"INFO 2026-11-20 14:02:11 x", then},
      {"[INFO] 2026-11-20 14:02:11 x", then},
      {"WARN  [2026-11-20 14:02:11,000] x", then},
      {"Start-Date: 2026-11-20  14:02:11", then},
      {"End-Date: 2026-11-20  14:02:11", then},
      {"Log started: 2026-11-20  14:02:11", then},
      {"update-alternatives 2026-11-20 14:02:11: run with --install", then},
      // RFC 5424, 3164 and their kin
      {"<34>1 2003-10-11T22:14:15.003Z host su - ID47 - x", utc(2003, 10, 11, 22, 14, 15, 3), true, true},
      {"<13>Nov 20 14:02:11 nas cron: x", then, false},
      {"Nov 20 14:02:11 nas cron: x", then, false},
      {"Nov  2 14:02:11 nas cron: x", utc(2026, 11, 2, 14, 2, 11), false},
      {"Nov 2 14:02:11 nas cron: x", utc(2026, 11, 2, 14, 2, 11), false},
      {"Nov 20 2026 14:02:11: %ASA-6-302013: x", then},
      {"*Nov 20 14:02:11.123: %SYS-5-CONFIG_I: x", then + 123, false},
      {"Feb 29 14:02:11 leap", utc(2024, 2, 29, 14, 2, 11), false},
      // Web servers, PHP
      {"127.0.0.1 - frank [20/Nov/2026:07:02:11 -0700] \"GET / HTTP/1.0\" 200 2326", then, true, true},
      {"::1 - - [20/Nov/2026:14:02:11 +0000] \"GET /[a] HTTP/1.1\" 200", then, true, true},
      {"[x] - - [20/Nov/2026:14:02:11 +0000] \"GET / HTTP/1.1\" 200", then, true, true},
      {"[Fri Nov 20 14:02:11.123456 2026] [core:notice] [pid 1] AH00094", then + 123},
      {"[20-Nov-2026 14:02:11 UTC] PHP Warning:  x", then, true, true},
      {"[20-Nov-2026 14:02:11 Europe/Berlin] PHP Warning:  x", then},
      // asctime, date
      {"Fri Nov 20 14:02:11 2026", then},
      {"Fri Nov 20 14:02:11 UTC 2026 start", then, true, true},
      {"Fri Nov 20 14:02:11 CET 2026 start", then},
      {"Fri 20 Nov 2026 02:02:11 PM CET", then},
      {"Fri Nov 20 12:02:11 AM CET 2026", utc(2026, 11, 20, 0, 2, 11)},
      {"Fri, 20 Nov 2026 15:02:11 +0100", then, true, true},
      {"[Fri Nov 20 14:02:11 2026] usb 1-1: new device", then},
      {"4711:M 20 Nov 2026 14:02:11.123 * Ready to accept connections", then + 123},
      {"I1120 14:02:11.123456    1 main.go:7] x", then + 123, false},
      // Epoch
      {"1795183331.123    45 192.168.0.2 TCP_MISS/200", utc(2026, 11, 20, 14, 2, 11, 123), true, true},
      {"[1795183331] SERVICE ALERT: x", then, true, true},
      {"[1795183331.123456] x", then + 123, true, true},
      {"#1795183331", then, true, true},
      {"type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e", 1364481363243, true, true},
      {"node=nas type=CWD msg=audit(1364481363.243:24287):  cwd=\"/\"", 1364481363243, true, true},
      {"@4000000037c219bf2ef02e94 x", 935467445787, true, true},
      // JSON lines, logfmt
      {R"({"level":"info","ts":1795183331.123,"msg":"x"})", then + 123, true, true},
      {R"({"level":"info","ts":1795183331123,"msg":"x"})", then + 123, true, true},
      {R"({"time":"2026-11-20T14:02:11Z","msg":"x"})", then, true, true},
      {R"({"@timestamp": "2026-11-20T14:02:11.123Z"})", then + 123, true, true},
      {R"(time="2026-11-20T14:02:11Z" level=info msg=x)", then, true, true},
      {"ts=2026-11-20T14:02:11.123Z caller=main.go:1", then + 123, true, true},
  };
  const Zone in_utc;
  for (const Timed& one : cases) {
    CAPTURE(one.line);
    const auto time = find_time(one.line);
    REQUIRE(time);
    CHECK(time->has_year() == one.has_year);
    CHECK(time->has_zone() == one.has_zone);
    CHECK(resolve(*time, in_utc, {std::nullopt, one.time + 1000}) == one.time);
  }
}

TEST_CASE("what is no time is none") {
  const char* const lines[] = {
      "",
      " ",
      "plain text",
      "2026-11-20 backup",
      "2026-11-20",
      "2026-13-20 14:02:11",
      "2026-11-31 14:02:11",
      "2025-02-29 14:02:11",
      "2026-11-20 24:02:11",
      "2026-11-20 14:60:11",
      "2026-11-20 14:02:61",
      "2026-11-20 14:02:11abc",
      "2026-11-20 14:02:111",
      "0001-01-01 00:00:00",
      "1969-12-31 23:59:59",
      "10000-01-01 00:00:00",
      "2026-1-2 14:02:11",
      "2026-11/20 14:02:11",
      "2026/11/20 14:02",
      "20261120140211",
      "20261120 140211",
      "1.2.3.4",
      "1.20.3 released",
      "v2026.11.20",
      "10:22:33 up 5 days",
      "14:02:11.123 x",
      "1700000000 bytes free",
      "1073741824\t/var/lib",
      "1700000000123 items",
      "1700000000.5 MB",
      "170000000.123 short",
      "17000000000.123 long",
      "12345 34567",
      "[12345.678901] usb 1-1: new device",
      "[    0.000000] Linux version 6.1",
      "@4000000037c219bf2ef02e9",
      "@4000000037c219bf2ef02e94a",
      "@4000000037c219bfffffffff x",
      "@0000000037c219bf2ef02e94 x",
      "@home is here, and so on and on",
      "May 5 people come",
      "Nov 20 at 14:02:11",
      "Nov 31 14:02:11 x",
      "Nov 0 14:02:11 x",
      "Nov 20 14:02 x",
      "November 20 14:02:11",
      "Feb 30 14:02:11",
      "Feb 29 2026 14:02:11 x",
      "Fri Nov 20 14:02:11",
      "Friday Nov 20 14:02:11 2026",
      "Fri Nov 20 13:02:11 PM CET 2026",
      "<34>2 2003-10-11T22:14:15.003Z host",
      "<3400>Nov 20 14:02:11",
      "<b>Nov 20 14:02:11",
      "I1120 14:02:11 not of glog",
      "E1350 14:02:11.123456 x",
      "127.0.0.1 - - [32/Nov/2026:14:02:11 +0000] \"GET /\"",
      "the cache of 2026-11-20 14:02:11 was dropped",
      "expires 2027-01-01 00:00:00",
      "type=x msg=audit(abc): ",
      R"({"time":"later","ts":12})",
      R"({"uptime":1795183331})",
      "time=3.5s",
      "\xff\xfe\x00\x00",
      "[[[[[[[[[[[[[[[[[[[[[[[[",
  };
  for (const char* line : lines) {
    CAPTURE(line);
    CHECK_FALSE(find_time(line));
  }
}

TEST_CASE("times since boot count with a boot only") {
  const Zone in_utc;
  const auto time = find_time("[12345.678901] usb 1-1", utc(2026, 11, 20));
  REQUIRE(time);
  CHECK(resolve(*time, in_utc, {}) == utc(2026, 11, 20) + 12345678);
  const auto padded = find_time("[    1.500000] x", utc(2026, 11, 20));
  REQUIRE(padded);
  CHECK(resolve(*padded, in_utc, {}) == utc(2026, 11, 20) + 1500);
}

TEST_CASE("a leap second is the end of its minute") {
  const auto time = find_time("2016-12-31T23:59:60.5Z x");
  REQUIRE(time);
  CHECK(resolve(*time, Zone(), {}) == utc(2016, 12, 31, 23, 59, 59, 999));
}

TEST_CASE("any bytes are looked at, and quickly") {
  std::mt19937 random(7);
  const std::string alphabet = "0123456789-/:. TZ[]@<>{}\"=+,JanMonFri\xff\n";
  for (int i = 0; i < 200'000; ++i) {
    std::string line;
    for (auto n = random() % 40; n > 0; --n) line += alphabet[random() % alphabet.size()];
    const auto time = find_time(line);
    if (!time) continue;
    CAPTURE(line);
    const Millis at = resolve(*time, Zone(), {std::nullopt, utc(2026, 1, 1)});
    CHECK(at >= 0);
    CHECK(at <= max_time);
  }
  const auto begin = std::chrono::steady_clock::now();
  const std::string endless(1 << 24, '[');
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(find_time(endless));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(100));
}

TEST_CASE("dates are counted as the calendar does") {
  std::int64_t days = days_of(1970, 1, 1);
  CHECK(days == 0);
  for (; days < days_of(2105, 1, 1); ++days) {
    const Date date = date_of(days);
    REQUIRE(days_of(date.year, date.month, date.day) == days);
  }
  CHECK(days_of(2000, 3, 1) - days_of(2000, 2, 28) == 2);
  CHECK(days_of(2100, 3, 1) - days_of(2100, 2, 28) == 1);
}

TEST_CASE("a zone turns the time on the wall into UTC") {
  const Zone berlin = zone("Europe/Berlin");
  const auto to_utc = [&](Millis local, std::optional<Millis> not_before = {}) {
    return berlin.to_utc(local / 1000, not_before ? std::optional(*not_before / 1000) : std::nullopt) * 1000;
  };
  CHECK(to_utc(utc(2026, 1, 15, 12)) == utc(2026, 1, 15, 11));
  CHECK(to_utc(utc(2026, 7, 15, 12)) == utc(2026, 7, 15, 10));
  // 25 October 2026: 2:30 occurs twice.
  CHECK(to_utc(utc(2026, 10, 25, 2, 30)) == utc(2026, 10, 25, 0, 30));
  CHECK(to_utc(utc(2026, 10, 25, 2, 30), utc(2026, 10, 25, 0, 29)) == utc(2026, 10, 25, 0, 30));
  CHECK(to_utc(utc(2026, 10, 25, 2, 30), utc(2026, 10, 25, 0, 31)) == utc(2026, 10, 25, 1, 30));
  CHECK(to_utc(utc(2026, 10, 25, 2, 30), utc(2026, 10, 25, 5)) == utc(2026, 10, 25, 0, 30));
  // 29 March 2026: 2:30 does not occur.
  CHECK(to_utc(utc(2026, 3, 29, 1, 59)) == utc(2026, 3, 29, 0, 59));
  CHECK(to_utc(utc(2026, 3, 29, 2, 30)) == utc(2026, 3, 29, 1, 30));
  CHECK(to_utc(utc(2026, 3, 29, 3)) == utc(2026, 3, 29, 1));
  // Each hour of years, in any order: what is asked before changes no answer.
  std::mt19937 random(3);
  const Zone asked = zone("America/New_York");
  for (int i = 0; i < 20'000; ++i) {
    const Seconds at = days_of(2020, 1, 1) * 86400 + static_cast<Seconds>(random() % (6 * 8766)) * 3600;
    const Zone fresh = zone("America/New_York");
    const Seconds local = at + fresh.offset_at(at);
    CHECK(asked.to_utc(local, at) == at);
    CHECK(fresh.to_utc(local, at) == at);
  }
  const auto none = Zone::named("Middle/Earth");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Code::config);
  CHECK_FALSE(Zone::named("../../etc/passwd"));
}

TEST_CASE("a year that is missing is the nearest one that fits") {
  const auto at = [](std::string_view line, std::optional<Millis> latest, Millis modified) {
    const auto time = find_time(line);
    REQUIRE(time);
    return resolve(*time, Zone(), {latest, modified});
  };
  const Millis much_later = utc(2040, 1, 1);
  // Nothing before: the last one that is not after the last write.
  CHECK(at("Nov 20 14:02:11 x", {}, utc(2026, 11, 20, 15)) == utc(2026, 11, 20, 14, 2, 11));
  CHECK(at("Nov 20 14:02:11 x", {}, utc(2026, 11, 20, 1)) == utc(2026, 11, 20, 14, 2, 11));
  CHECK(at("Nov 21 14:02:11 x", {}, utc(2026, 11, 20, 1)) == utc(2025, 11, 21, 14, 2, 11));
  CHECK(at("Dec 31 23:59:59 x", {}, utc(2027, 1, 1, 1)) == utc(2026, 12, 31, 23, 59, 59));
  CHECK(at("Jan  1 00:00:01 x", {}, utc(2026, 12, 31, 23)) == utc(2027, 1, 1, 0, 0, 1));
  CHECK(at("Feb 29 12:00:00 x", {}, utc(2026, 11, 20)) == utc(2024, 2, 29, 12));
  // Behind another: the year goes on.
  CHECK(at("Nov 20 14:02:11 x", utc(2020, 11, 20), much_later) == utc(2020, 11, 20, 14, 2, 11));
  CHECK(at("Nov 20 14:02:11 x", utc(2020, 11, 21), much_later) == utc(2020, 11, 20, 14, 2, 11));
  CHECK(at("Nov 20 14:02:11 x", utc(2020, 11, 22), much_later) == utc(2021, 11, 20, 14, 2, 11));
  CHECK(at("Jan  1 00:00:01 x", utc(2020, 12, 31, 23, 59), much_later) == utc(2021, 1, 1, 0, 0, 1));
  CHECK(at("Dec 31 23:59:58 x", utc(2021, 1, 1, 0, 0, 1), much_later) == utc(2020, 12, 31, 23, 59, 58));
  CHECK(at("Feb 29 12:00:00 x", utc(2021, 1, 1), much_later) == utc(2024, 2, 29, 12));
  // Never far behind the last write.
  CHECK(at("Nov 20 14:02:11 x", utc(2026, 11, 22), utc(2026, 11, 22)) == utc(2026, 11, 20, 14, 2, 11));
}
