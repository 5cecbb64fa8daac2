// SPDX-License-Identifier: MIT
#include "gossip/protocol/lan_ear.h"

#include "feed/crypto.h"
#include "gossip/protocol/limits.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

struct Lan {
  NetworkKey network{};
  KeyPair keys = KeyPair::generate();
  std::string text = fmt::format("net:192.0.2.1:8008~shs:{}", to_base64(keys.id().view()));
  ByteBuf datagram = encode_lan(text, keys, network);
  LanEar ear{network};
};

}  // namespace

TEST_CASE("an announcement is heard in both forms, also the second time") {
  Lan lan;
  for (int i = 0; i < 3; ++i) {
    const auto peer = lan.ear.take(lan.datagram, "192.0.2.1", false, i * 1s);
    REQUIRE(peer);
    CHECK(peer->key == lan.keys.id());
    CHECK(lan.ear.take(as_bytes(lan.text), "192.0.2.1", true, i * 1s));
  }
  CHECK_FALSE(lan.ear.take(lan.datagram, "192.0.2.1", true, 9s));
  CHECK_FALSE(lan.ear.take(as_bytes(lan.text), "192.0.2.1", false, 9s));
}

TEST_CASE("another announcement of the same source is no longer the first one") {
  Lan lan, other;
  CHECK(lan.ear.take(lan.datagram, "192.0.2.1", false, 0s)->key == lan.keys.id());
  CHECK(lan.ear.take(other.datagram, "192.0.2.1", false, 0s)->key == other.keys.id());
  ByteBuf bad = lan.datagram;
  bad.back() ^= 1;
  CHECK_FALSE(lan.ear.take(bad, "192.0.2.1", false, 0s));
}

TEST_CASE("a source is heard so often in a second, and all of them together") {
  Lan lan;
  std::size_t heard = 0;
  for (int i = 0; i < 1000; ++i) heard += lan.ear.take(lan.datagram, "192.0.2.1", false, 0s) ? 1 : 0;
  CHECK(heard == max_lan_packets_per_source);
  CHECK(lan.ear.take(lan.datagram, "192.0.2.2", false, 0s));
  for (int i = 0; i < 10'000; ++i)
    lan.ear.take(lan.datagram, fmt::format("192.0.{}.{}", i / 250, i % 250 + 5), false, 0s);
  CHECK_FALSE(lan.ear.take(lan.datagram, "192.0.2.3", false, 999ms));
  CHECK(lan.ear.take(lan.datagram, "192.0.2.3", false, 1s));
  CHECK(lan.ear.take(lan.datagram, "192.0.2.1", false, 1s));
}

TEST_CASE("what is no announcement is nothing") {
  Lan lan;
  CHECK_FALSE(lan.ear.take({}, "192.0.2.1", false, 0s));
  CHECK_FALSE(lan.ear.take({}, "192.0.2.1", true, 0s));
  ByteBuf noise(8192);
  random_bytes(noise);
  for (std::size_t size : {1u, 79u, 80u, 81u, 500u, 4096u, 8192u}) {
    CHECK_FALSE(lan.ear.take(ByteView(noise).first(size), "192.0.2.1", false, 1s));
    CHECK_FALSE(lan.ear.take(ByteView(noise).first(size), "192.0.2.1", true, 1s));
  }
}
