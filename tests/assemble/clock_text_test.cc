// SPDX-License-Identifier: MIT
// tests/assemble/clock_text_test.cc - times in zones and forms, and the days of zones.
#include "assemble/clock_text.h"

#include <doctest/doctest.h>

using namespace ssblog;

namespace {

std::string shown(const ClockStyle& style, Millis time) {
  auto clock = ClockText::make(style);
  if (!clock) return clock.error().text;
  std::string text;
  clock->append(text, time);
  return text;
}

constexpr Millis hour = 3'600'000;
constexpr Millis noon = 1'795'262'531'123;  // 2026-11-21T12:02:11.123Z

}  // namespace

TEST_CASE("a time has many forms") {
  CHECK(shown({"", ""}, noon) == "2026-11-21T12:02:11.123Z");
  CHECK(shown({"UTC", "iso"}, noon) == "2026-11-21T12:02:11.123Z");
  CHECK(shown({"Europe/Berlin", ""}, noon) == "2026-11-21T13:02:11.123+01:00");
  CHECK(shown({"Europe/Berlin", "iso"}, noon - 150 * 24 * hour) == "2026-06-24T14:02:11.123+02:00");
  CHECK(shown({"America/St_Johns", "iso"}, noon) == "2026-11-21T08:32:11.123-03:30");
  CHECK(shown({"", "short"}, noon) == "Nov 21 12:02:11");
  CHECK(shown({"Asia/Tokyo", "short"}, noon) == "Nov 21 21:02:11");
  CHECK(shown({"", "unix"}, noon) == "1795262531.123");
  CHECK(shown({"Asia/Tokyo", "unix-ms"}, noon) == "1795262531123");
  CHECK(shown({"Europe/Berlin", "%d.%m.%y %H:%M:%S,%3N %Z %z"}, noon) == "21.11.26 13:02:11,123 CET +0100");
  CHECK(shown({"", "%H:%M"}, noon) == "12:02");
  CHECK(shown({"", "iso"}, -5) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("what one clock shows does not depend on what it showed before") {
  auto clock = ClockText::make({"Europe/Berlin", "%F %T.%3N %Z"});
  REQUIRE(clock);
  for (Millis time = noon - 400 * 24 * hour; time < noon; time += 17 * hour + 123) {
    std::string text;
    clock->append(text, time);
    CHECK(text == shown({"Europe/Berlin", "%F %T.%3N %Z"}, time));
    text.clear();
    clock->append(text, time + 1);
    CHECK(text == shown({"Europe/Berlin", "%F %T.%3N %Z"}, time + 1));
  }
}

TEST_CASE("days follow each other without a hole, also where clocks are changed") {
  for (const char* zone : {"", "UTC", "Europe/Berlin", "America/St_Johns", "America/Sao_Paulo", "Asia/Tokyo",
                           "Pacific/Apia", "Africa/Cairo", "America/Havana"}) {
    CAPTURE(zone);
    auto clock = ClockText::make({zone, ""});
    REQUIRE(clock);
    Millis time = 1'300'000'000'000;
    for (int days = 0; days < 1000; ++days) {
      const CivilDay day = clock->day_of(time);
      CAPTURE(time);
      CHECK(day.begin <= time);
      CHECK(time < day.end);
      const CivilDay last = clock->day_of(day.end - 1);
      CHECK(std::tuple(last.year, last.month, last.day) == std::tuple(day.year, day.month, day.day));
      const CivilDay next = clock->day_of(day.end);
      CHECK(std::tuple(next.year, next.month, next.day) != std::tuple(day.year, day.month, day.day));
      CHECK(next.begin == day.end);
      time = day.end;
    }
  }
}

TEST_CASE("a form with a conversion that there is not is refused") {
  for (const char* form : {"%Q", "%H:%", "%F %3N %3N", "%E", "%10", "50%-"}) {
    CAPTURE(form);
    const auto clock = ClockText::make({"", form});
    REQUIRE_FALSE(clock);
    CHECK(clock.error().code == Code::usage);
    CHECK(clock.error().text.find("none of strftime's") != std::string::npos);
  }
  CHECK(ClockText::make({"", "unixms"}).error().text.find("shows no time") != std::string::npos);
  CHECK(shown({"", "%Ey %-d %^b %% %05H"}, noon) == "26 21 NOV % 00012");
  CHECK(ClockText::make({"", "%\n"}).error().text.find('\n') == std::string::npos);
}
