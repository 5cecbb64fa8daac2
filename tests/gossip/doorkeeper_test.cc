// SPDX-License-Identifier: MIT
#include "gossip/protocol/doorkeeper.h"

#include "gossip/protocol/limits.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace ssblog;
using namespace std::chrono_literals;

TEST_CASE("an address that only knocks is not heard for a while, and others are") {
  Doorkeeper door;
  for (std::size_t i = 0; i < max_unauthenticated_per_minute; ++i) CHECK(door.lets_in("192.0.2.1", 0s));
  CHECK_FALSE(door.lets_in("192.0.2.1", 1s));
  CHECK(door.lets_in("192.0.2.2", 1s));
  CHECK_FALSE(door.lets_in("192.0.2.1", 1s + unauthenticated_silence - 1ms));
  CHECK(door.lets_in("192.0.2.1", 1s + unauthenticated_silence));
}

TEST_CASE("who proves who it is may come as often as it likes") {
  Doorkeeper door;
  for (std::size_t i = 0; i < 10 * max_unauthenticated_per_minute; ++i) {
    REQUIRE(door.lets_in("192.0.2.1", 0s));
    door.knows("192.0.2.1");
  }
}

TEST_CASE("knocks are counted by the minute") {
  Doorkeeper door;
  for (int minute = 0; minute < 5; ++minute) {
    for (std::size_t i = 0; i < max_unauthenticated_per_minute; ++i)
      CHECK(door.lets_in("192.0.2.1", minute * 60s));
  }
}

TEST_CASE("a punished host waits longer each time, up to a day") {
  Doorkeeper door;
  const FeedId host{}, other{{1}};
  CHECK_FALSE(door.is_punished(host, 0s));
  CHECK(door.punish(host, 0s) == 10min);
  CHECK(door.is_punished(host, 10min - 1ms));
  CHECK_FALSE(door.is_punished(host, 10min));
  CHECK_FALSE(door.is_punished(other, 0s));
  CHECK(door.punish(host, 10min) == 20min);
  for (int i = 0; i < 10; ++i) door.punish(host, 30min);
  CHECK(door.punish(host, 30min) == 24h);
}

TEST_CASE("its memory is bounded, and what weighs most is kept") {
  Doorkeeper door;
  for (std::size_t i = 0; i <= max_unauthenticated_per_minute; ++i) door.lets_in("192.0.2.1", 30s);
  REQUIRE_FALSE(door.lets_in("192.0.2.1", 30s));
  for (std::size_t i = 0; i < 3 * max_candidates; ++i) CHECK(door.lets_in(fmt::format("host{}", i), 1s));
  CHECK_FALSE(door.lets_in("192.0.2.1", 31s));
}
