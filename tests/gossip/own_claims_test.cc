// SPDX-License-Identifier: MIT
#include "gossip/protocol/own_claims.h"

#include <doctest/doctest.h>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

const FeedId a{{1}}, b{{2}};
const auto all = [](const FeedId&) { return true; };
const auto none = [](const FeedId&) { return false; };

}  // namespace

TEST_CASE("a claim is news once, however it grows") {
  OwnClaims claims;
  CHECK(claims.take(a, 7, 0s));
  CHECK_FALSE(claims.take(a, 8, 59s));
  CHECK(claims.take(b, 3, 0s));
  CHECK(claims.fallen(60s, all, all).size() == 2);
}

TEST_CASE("a claim falls when its host was here for a minute and proved nothing") {
  OwnClaims claims;
  claims.take(a, 7, 0s);
  CHECK(claims.fallen(59s, all, all).empty());
  CHECK(claims.fallen(60s, all, all) == std::vector{a});
  CHECK(claims.empty());
  CHECK_FALSE(claims.take(a, 9, 61s));  // it had its chance
}

TEST_CASE("a host that we know may be away, a stranger may not") {
  OwnClaims claims;
  claims.take(a, 7, 0s);
  CHECK(claims.fallen(1h, none, all).empty());
  claims.connected(a, 1h);
  CHECK(claims.fallen(1h + 59s, all, all).empty());
  CHECK(claims.fallen(1h + 60s, all, all) == std::vector{a});
  claims.take(b, 7, 0s);
  CHECK(claims.fallen(60s, none, none) == std::vector{b});
}

TEST_CASE("claims of made-up hosts are bounded") {
  OwnClaims claims;
  std::size_t news = 0;
  for (int i = 0; i < 1000; ++i) {
    FeedId host{};
    host.bytes[0] = static_cast<std::uint8_t>(i);
    host.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    news += claims.take(host, 7, 0s) ? 1 : 0;
  }
  CHECK(news == OwnClaims::most);
}
