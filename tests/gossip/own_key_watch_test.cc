// SPDX-License-Identifier: MIT
#include "gossip/protocol/own_key_watch.h"

#include "gossip/protocol/limits.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

Address at(int host, int port = 8008) {
  return {fmt::format("192.0.2.{}", host), static_cast<std::uint16_t>(port), FeedId{}, std::nullopt};
}

EphemeralKeys ephemeral(std::uint8_t seed) {
  std::array<std::uint8_t, 32> random{};
  random[1] = seed;
  return EphemeralKeys::from_secret(random);
}

}  // namespace

TEST_CASE("an address that is announced for our own key is dialled once in a minute") {
  OwnKeyWatch watch;
  CHECK(watch.is_worth_a_dial(at(1), 0s));
  CHECK_FALSE(watch.is_worth_a_dial(at(1), 0s));
  CHECK(watch.is_worth_a_dial(at(1, 8009), 1s));
  CHECK_FALSE(watch.is_worth_a_dial(at(1), 59'999ms));
  CHECK(watch.is_worth_a_dial(at(1), 60s));
  watch.forget();
  CHECK(watch.is_worth_a_dial(at(1), 60s));
}

TEST_CASE("a flood of addresses for our own key costs so many dials a minute, and no more") {
  OwnKeyWatch watch;
  std::size_t dials = 0;
  for (int i = 0; i < 50'000; ++i)
    dials += watch.is_worth_a_dial(at(i % 250, 8008 + i / 250), i * 1ms) ? 1 : 0;
  CHECK(dials == max_own_key_dials);
  CHECK_FALSE(watch.is_worth_a_dial(at(251), 59'999ms));
  CHECK(watch.is_worth_a_dial(at(251), 60'000ms));
}

TEST_CASE("a host that meets itself by a detour knows its own call, and a copy of it knows none") {
  const KeyPair keys = KeyPair::generate();
  const NetworkKey network{};
  OwnKeyWatch watch, copy;

  // The client is ours; the server is whoever holds the key.
  ClientHandshake client(network, keys, keys.id(), ephemeral(1));
  ServerHandshake server(network, keys, ephemeral(2));
  watch.calls(client.call_key(), 0s);
  ByteBuf to_server, to_client;
  REQUIRE(client.start(to_server));
  for (int step = 0; step < 2; ++step) {
    ByteView in = to_server;
    auto proven = server.take(in, to_client);
    REQUIRE(proven);
    if (*proven) {
      CHECK(**proven == keys.id());
      CHECK(server.call_key() == client.call_key());
      CHECK(watch.is_ours(server.call_key(), 1s));
      CHECK_FALSE(copy.is_ours(server.call_key(), 1s));
      CHECK(watch.is_ours(server.call_key(), 16s));  // what was given up may still come in
      CHECK_FALSE(watch.is_ours(server.call_key(), 5min));
      return;
    }
    to_server.clear();
    ByteView answer = to_client;
    REQUIRE(client.take(answer, to_server));
    to_client.clear();
  }
  FAIL("the server did not learn who calls");
}
