// SPDX-License-Identifier: MIT
#include "gossip/protocol/invite.h"

#include "feed/keys.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

using namespace ssblog;

namespace {

constexpr std::string_view host_key = "KcJnq9wF6w1/BZs1EK2PVYaDahszRlWl6/cXq9OM4vI=";
constexpr std::string_view seed_text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";  // 00 01 .. 1f
constexpr std::string_view network_text = "1KHLiKZvAvjbY1ziZEHMXawbCEIMrqwjCDm3VYRan/s=";

template <class... Parts>
std::string join(const Parts&... parts) {
  std::string text;
  (text.append(parts), ...);
  return text;
}

std::string with(std::string_view host, std::string_view rest = "") {
  return join("net:", host, "~shs:", host_key, ":", seed_text, rest);
}

std::string places(const Invite& invite) {
  std::string text;
  for (const Address& address : invite.addresses)
    text += address.host + ":" + std::to_string(address.port) + " ";
  return text;
}

}  // namespace

TEST_CASE("the forms of SSB are read, and the seed gives the guest's key") {
  const std::string legacy = join("192.168.1.7:8008:@", host_key, ".ed25519~", seed_text);
  for (const std::string& text :
       {legacy, with("192.168.1.7:8008"), "\"" + legacy + "\"", "\"" + with("192.168.1.7:8008") + "\"",
        legacy + "#app", with("192.168.1.7:8008", "#http://example.org"), "  " + legacy + "\r\n"}) {
    CAPTURE(text);
    auto invite = parse_invite(text);
    REQUIRE(invite);
    CHECK(places(*invite) == "192.168.1.7:8008 ");
    CHECK(to_text(invite->host()) == join("@", host_key, ".ed25519"));
    CHECK_FALSE(invite->network);
    CHECK(to_text(KeyPair::from_seed(invite->seed.view().first<32>()).id()) ==
          "@A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=.ed25519");
  }
}

TEST_CASE("our line carries the network key and more addresses") {
  auto invite = parse_invite(join(with("nas.local:8008", "#at=192.168.1.7:8008,later=things,network="),
                                  network_text, ",at=fd00::7:8321,at=192.168.1.7:8008"));
  REQUIRE(invite);
  CHECK(places(*invite) == "nas.local:8008 192.168.1.7:8008 fd00::7:8321 ");
  REQUIRE(invite->network);
  CHECK(to_base64(invite->network->view()) == network_text);
  for (const Address& address : invite->addresses) {
    CHECK(to_base64(address.key.view()) == host_key);
    CHECK_FALSE(address.seed);
  }
  const std::string line = format_invite(*invite);
  CHECK(line ==
        join(with("nas.local:8008", "#network="), network_text, ",at=192.168.1.7:8008,at=fd00::7:8321"));
  auto again = parse_invite(line);
  REQUIRE(again);
  CHECK(format_invite(*again) == line);
}

TEST_CASE("a shell takes a line as one word") {
  auto invite = parse_invite(join(with("fd00::7:8008", "#network="), network_text, ",at=192.168.1.7:1"));
  REQUIRE(invite);
  const std::string line = format_invite(*invite);
  CHECK(line.find_first_of(" ;&|<>()$`\\\"'*?[]{}!") == std::string::npos);
  CHECK(std::count(line.begin(), line.end(), '~') == 1);  // multiserver would begin another transform there
}

TEST_CASE("a truncated line is another invite only where a whole one ends") {
  const std::string front = with("192.168.1.7:8008");
  const std::string line = join(front, "#network=", network_text, ",at=10.0.0.7:8008");
  const std::size_t network_end = front.size() + 9 + 44 + 1;
  for (std::size_t length = 0; length < line.size(); ++length) {
    CAPTURE(length);
    auto invite = parse_invite(line.substr(0, length));
    if (length < front.size()) {
      CHECK_FALSE(invite);
    } else if (invite) {
      CHECK(to_base64(invite->seed.view()) == seed_text);
      CHECK((!invite->network || to_base64(invite->network->view()) == network_text));
      // A name that was cut is one that we do not know; a key that was cut is none.
      CHECK((length <= front.size() + 8 || length >= network_end - 1));
    }
  }
}

TEST_CASE("wrong keys, seeds and sizes are refused, and never repeated") {
  const std::string key31(to_base64(ByteBuf(31, 7))), key33(to_base64(ByteBuf(33, 7)));
  const std::string shs = join("net:192.168.1.7:8008~shs:", host_key);
  for (const std::string& text : {
           std::string(),
           std::string(" \n"),
           std::string("\""),
           std::string("\"\""),
           shs,
           shs + ":",
           shs + ":" + key31,
           shs + ":" + key33,
           join(shs, ":", seed_text, ":", seed_text),
           shs + ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",  // spare bits
           join("net:192.168.1.7:8008~shs:", key31, ":", seed_text),
           join("net:192.168.1.7:0~shs:", host_key, ":", seed_text),
           join("net:192.168.1.7:65536~shs:", host_key, ":", seed_text),
           join("ws://192.168.1.7:8008~shs:", host_key, ":", seed_text),
           join("192.168.1.7:8008:@", host_key, ".ed25519~", key31),
           join("192.168.1.7:8008:@", host_key, ".ed25519"),
           join("192.168.1.7:8008:@", host_key, "~", seed_text),
           with("192.168.1.7:8008", "#network="),
           with("192.168.1.7:8008", "#network=") + key31,
           join(with("192.168.1.7:8008", "#network="), network_text, ",network=", network_text),
           with("192.168.1.7:8008", "#at=:8008"),
           with("192.168.1.7:8008", "#at=10.0.0.7"),
           with("192.168.1.7:8008") + "\n" + with("192.168.1.8:8008"),
           std::string(100'000, 'x'),
           with("192.168.1.7:8008", "#") + std::string(max_invite_bytes, 'x'),
       }) {
    CAPTURE(text.substr(0, 200));
    auto invite = parse_invite(text);
    REQUIRE_FALSE(invite);
    CHECK(invite.error().code == Code::data);
    CHECK(invite.error().text.find(seed_text) == std::string::npos);
    CHECK(invite.error().text.size() < 300);
  }
}

TEST_CASE("addresses beyond the limit are left out") {
  std::string line = with("10.0.0.1:8008", "#at=10.0.1.1:8008");
  for (int i = 2; i < 60; ++i) line += ",at=10.0.1." + std::to_string(i) + ":8008";
  auto invite = parse_invite(line);
  REQUIRE(invite);
  CHECK(invite->addresses.size() == max_invite_addresses);
  // Parts of one text that belong to another host, or have no seed, are no part of the invite.
  const std::string other = to_base64(ByteBuf(32, 7));
  auto mixed = parse_invite(join(with("10.0.0.1:8008"), ";net:10.0.0.2:8008~shs:", other, ":", seed_text, ";",
                                 with("10.0.0.3:8008"), ";net:10.0.0.4:8008~shs:", host_key));
  REQUIRE(mixed);
  CHECK(places(*mixed) == "10.0.0.1:8008 10.0.0.3:8008 ");
}

TEST_CASE("a damaged line is an invite or is none, and nothing else happens") {
  const std::string line = join(with("192.168.1.7:8008", "#network="), network_text, ",at=fd00::7:8008");
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = line;
    for (int hit = 0; hit < 3; ++hit) damaged[random() % damaged.size()] = static_cast<char>(random());
    auto invite = parse_invite(damaged);
    if (!invite) continue;
    REQUIRE_FALSE(invite->addresses.empty());
    auto again = parse_invite(format_invite(*invite));
    REQUIRE(again);
    CHECK(format_invite(*again) == format_invite(*invite));
  }
}
