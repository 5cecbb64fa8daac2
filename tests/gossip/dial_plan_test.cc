// SPDX-License-Identifier: MIT
#include "gossip/protocol/dial_plan.h"

#include "gossip/protocol/limits.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t middle = 32768;  // no jitter

Address address_of(int number) {
  FeedId key{};
  key.bytes[0] = static_cast<std::uint8_t>(number);
  key.bytes[1] = static_cast<std::uint8_t>(number >> 8);
  return {fmt::format("host{}", number), 8008, key, std::nullopt};
}

const DialPlan::Settled nobody = [](const FeedId&) { return false; };
const DialPlan::Settled everybody = [](const FeedId&) { return true; };

}  // namespace

TEST_CASE("a new address is due at once, and once") {
  DialPlan plan;
  CHECK(plan.is_settled(0ms, nobody));
  REQUIRE(plan.add(address_of(1), 5ms));
  CHECK_FALSE(plan.is_settled(5ms, nobody));
  CHECK(plan.take_due(5ms, everybody).empty());
  CHECK(plan.is_settled(5ms, everybody));
  CHECK(plan.take_due(5ms, nobody) == std::vector{address_of(1)});
  CHECK(plan.take_due(5ms, nobody).empty());
  CHECK_FALSE(plan.is_settled(5ms, nobody));
  CHECK_FALSE(plan.next(5ms, nobody));
}

TEST_CASE("what fails is tried later and later, and no later than the longest pause") {
  DialPlan plan;
  plan.add(address_of(1), 0ms);
  DialPlan::Time now = 0ms;
  std::vector<DialPlan::Time> pauses;
  for (int i = 0; i < 8; ++i) {
    REQUIRE(plan.take_due(now, nobody).size() == 1);
    CHECK(plan.ended(address_of(1), DialPlan::Outcome::failed, "nobody is there", now, middle) == (i == 0));
    const auto next = plan.next(now, nobody);
    REQUIRE(next);
    CHECK(plan.take_due(*next - 1ms, nobody).empty());
    pauses.push_back(*next - now);
    now = *next;
  }
  CHECK(pauses == std::vector<DialPlan::Time>{1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s});
  SUBCASE("a connection that lasted begins anew") {
    plan.take_due(now, nobody);
    CHECK_FALSE(plan.ended(address_of(1), DialPlan::Outcome::lasted, "it went", now, middle));
    CHECK(plan.next(now, nobody) == now + 1s);
    CHECK(plan.states()[0].trouble.empty());
  }
  SUBCASE("another network key is for a person to mend") {
    plan.take_due(now, nobody);
    CHECK(plan.ended(address_of(1), DialPlan::Outcome::useless, "its network key is another", now, middle));
    CHECK(plan.next(now, nobody) == now + 60s);
  }
  SUBCASE("whoever asks for haste gets it") {
    plan.take_due(now, nobody);
    plan.ended(address_of(1), DialPlan::Outcome::useless, "x", now, middle);
    plan.hurry(now);
    CHECK(plan.take_due(now, nobody).size() == 1);
  }
}

TEST_CASE("pauses differ by chance, within a quarter") {
  for (const std::uint16_t chance : std::initializer_list<std::uint16_t>{0, 1, 65535}) {
    DialPlan plan;
    plan.add(address_of(1), 0ms);
    plan.take_due(0ms, nobody);
    plan.ended(address_of(1), DialPlan::Outcome::failed, "x", 0ms, chance);
    const auto next = plan.next(0ms, nobody);
    REQUIRE(next);
    CHECK(*next >= 750ms);
    CHECK(*next <= 1250ms);
    CHECK(*next != 1s);
  }
}

TEST_CASE("so many dials are under way, and no more; so many addresses are kept") {
  DialPlan plan;
  for (std::size_t i = 0; i < max_candidates; ++i) REQUIRE(plan.add(address_of(static_cast<int>(i)), 0ms));
  CHECK_FALSE(plan.add(address_of(static_cast<int>(max_candidates)), 0ms));
  CHECK(plan.add(address_of(0), 0ms));
  const auto first = plan.take_due(0ms, nobody);
  CHECK(first.size() == max_dials);
  CHECK(plan.take_due(0ms, nobody).empty());
  plan.connected(first[0], 0ms);
  CHECK(plan.take_due(0ms, nobody).size() == 1);
}

TEST_CASE("an address whose handshake never ends comes up again") {
  DialPlan plan;
  plan.add(address_of(1), 0ms);
  plan.take_due(0ms, nobody);
  plan.connected(address_of(1), 10ms);
  CHECK(plan.take_due(10ms + max_handshake_time, nobody).empty());
  CHECK(plan.take_due(11ms + max_handshake_time + 1s, nobody).size() == 1);
}
