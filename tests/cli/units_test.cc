// SPDX-License-Identifier: MIT
#include "cli/units.h"

#include <doctest/doctest.h>

using namespace ssblog;
using namespace std::chrono_literals;

TEST_CASE("lengths of time are read with and without their unit") {
  CHECK(*parse_duration("--x", "200ms", 1s) == 200ms);
  CHECK(*parse_duration("--x", "30s", 1ms) == 30s);
  CHECK(*parse_duration("--x", "5m", 1ms) == 5min);
  CHECK(*parse_duration("--x", "24h", 1ms) == 24h);
  CHECK(*parse_duration("--x", "7", 1s) == 7s);
  CHECK(*parse_duration("--x", "7", 1ms) == 7ms);
  CHECK(*parse_duration("--x", "7d", 1ms, 24h * 7) == 24h * 7);
  CHECK_FALSE(parse_duration("--x", "8d", 1ms, 24h * 7));
  for (const char* wrong :
       {"", "s", "-1s", "25h", "99999999999999999999", "9223372036854775807h", "1 s", "1sec"}) {
    CAPTURE(wrong);
    auto time = parse_duration("--x", wrong, 1s);
    REQUIRE_FALSE(time);
    CHECK(time.error().code == Code::usage);
    CHECK(time.error().text.find("--x") == 0);
  }
}

TEST_CASE("sizes are read with and without their unit") {
  CHECK(*parse_size("x", "0") == 0);
  CHECK(*parse_size("x", "812") == 812);
  CHECK(*parse_size("x", "64K") == 65536);
  CHECK(*parse_size("x", "256M") == std::uint64_t{256} << 20);
  CHECK(*parse_size("x", "8192T") == std::uint64_t{1} << 53);
  for (const char* wrong : {"", "M", "-1", "1k", "1MB", "1.5M", "8193T", "99999999999999999999", "1 M"}) {
    CAPTURE(wrong);
    const auto size = parse_size("x", wrong);
    REQUIRE_FALSE(size);
    CHECK(size.error().code == Code::usage);
  }
}

TEST_CASE("sizes have the unit that leaves few digits") {
  CHECK(size_text(0) == "0 B");
  CHECK(size_text(999) == "999 B");
  CHECK(size_text(1000) == "1.0 kB");
  CHECK(size_text(999'949) == "999.9 kB");
  CHECK(size_text(999'950) == "1.0 MB");
  CHECK(size_text(12'345'678) == "12.3 MB");
  CHECK(size_text(5'000'000'000'000) == "5.0 TB");
}

TEST_CASE("ages have the unit that a person would say") {
  CHECK(age_text(0ms) == "0 s");
  CHECK(age_text(119s) == "119 s");
  CHECK(age_text(2min) == "2 min");
  CHECK(age_text(2h) == "2 h");
  CHECK(age_text(48h) == "2 d");
}
