// SPDX-License-Identifier: MIT
#include "gossip/protocol/dial_plan.h"

#include "gossip/protocol/limits.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

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

TEST_CASE("a hint is tried as long as it is heard, and not too often") {
  DialPlan plan;
  plan.hint(address_of(1), 0ms);
  REQUIRE(plan.take_due(0ms, nobody).size() == 1);
  plan.ended(address_of(1), DialPlan::Outcome::useless, "x", 100ms, middle);
  plan.hint(address_of(1), 200ms);
  CHECK(plan.next(200ms, nobody) == DialPlan::hint_pause);  // sooner than by itself, later than at once
  SUBCASE("unheard it goes") {
    plan.hint(address_of(2), 200ms + DialPlan::hint_life + 1ms);
    REQUIRE(plan.states().size() == 1);
    CHECK(plan.states()[0].address == address_of(2));
  }
  SUBCASE("where the host was met, it stays") {
    plan.worked(address_of(1));
    plan.hint(address_of(2), 200ms + DialPlan::hint_life + 1ms);
    CHECK(plan.states().size() == 2);
    plan.hint(address_of(2), 200ms + DialPlan::good_hint_life + 1ms);
    CHECK(plan.states().size() == 1);
  }
  SUBCASE("what a person said stays") {
    plan.add(address_of(1), 300ms);
    plan.hint(address_of(2), 300ms + 10 * DialPlan::good_hint_life);
    CHECK(plan.states().size() == 2);
  }
}

TEST_CASE("dials of hints that take their time begin again, and others do not") {
  DialPlan plan;
  plan.hint(address_of(1), 0ms);
  plan.add(address_of(2), 0ms);
  REQUIRE(plan.take_due(0ms, nobody).size() == 2);
  CHECK(plan.begin_again(-1ms, 100ms).empty());
  CHECK(plan.begin_again(0ms, 100ms) == std::vector{address_of(1)});
  CHECK(plan.take_due(100ms, nobody) == std::vector{address_of(1)});
}

TEST_CASE("many addresses for one host are a few, and none displaces a good one") {
  DialPlan plan;
  const Address good = address_of(1);
  plan.hint(good, 0ms);
  plan.take_due(0ms, nobody);
  plan.worked(good);
  DialPlan::Time now = 0ms;
  std::size_t dials = 0;
  for (int i = 0; i < 10'000; ++i, now += 10ms) {
    Address spoofed = good;
    spoofed.host = fmt::format("10.0.{}.{}", i / 250, i % 250);
    plan.hint(spoofed, now);
    if (i % 100 == 0) plan.hint(good, now);
    for (const Address& address : plan.take_due(now, nobody)) {
      ++dials;
      plan.ended(address, DialPlan::Outcome::failed, "nobody is there", now, middle);
    }
    CHECK(plan.states().size() <= DialPlan::max_hints);
  }
  CHECK(dials < 200);  // in 100 s
  const auto states = plan.states();
  CHECK(std::any_of(states.begin(), states.end(), [&](const auto& state) { return state.address == good; }));
}
