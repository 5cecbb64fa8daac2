// SPDX-License-Identifier: MIT
#include "gossip/protocol/address.h"

#include "vectors.h"

#include <doctest/doctest.h>

#include <map>

using namespace ssblog;

namespace {

const std::string key = "RO6w442FVKSSmTBeL26IWOKkP1V0tPRNEZb80u5Mp2Q=";

std::string net(std::string_view place) { return "net:" + std::string(place) + "~shs:" + key; }

/// HOST PORT of the only address in a text, or nothing.
std::string place(std::string_view text) {
  const auto addresses = parse_addresses(text);
  if (addresses.size() != 1) return "";
  return addresses[0].host + " " + std::to_string(addresses[0].port);
}

}  // namespace

TEST_CASE("addresses are read as the reference reads them, apart from what is said here") {
  // What the reference takes and we cannot dial, and what it refuses and we take.
  const std::map<std::string, std::string> ours = {
      {"ws://example.com:8989~shs:" + key, ""},
      {"ws://1.2.3.4:80~shs:" + key, ""},
      {"onion:abcdefghijklmnop.onion:8008~shs:" + key, ""},
      {"ws://1.2.3.4:8989~shs:" + key + ";" + net("1.2.3.4:8008"), "1.2.3.4 8008"},
      {net("1.2.3.4:65536"), ""},
      {net("1.2.3.4:0"), ""},
      {net("[::1]:8008"), "::1 8008"},
      {net("my_host:8008"), "my_host 8008"},
      {net("host:8008"), "host 8008"},
  };
  const auto file = vectors("keys.json");
  std::size_t count = 0;
  std::size_t own = 0;
  for (Items items(member(file, "addresses")); items.next(); ++count) {
    const auto text = wtf8(items.value(), "text");
    CAPTURE(text);
    const auto parsed = member(items.value(), "parsed");
    std::string expected;
    // Some texts that are no addresses at all come out of the reference with parts that are no key.
    if (is_object(parsed) && parse_feed_id(wtf8(parsed, "key"))) {
      expected = wtf8(parsed, "host") + " " + std::string(member(parsed, "port"));
    }
    if (const auto other = ours.find(text); other != ours.end()) {
      CHECK(other->second != expected);
      expected = other->second;
      ++own;
    }
    const auto address = parse_address(text);
    CHECK(bool(address) == !expected.empty());
    if (!address) continue;
    CHECK(address->host + " " + std::to_string(address->port) == expected);
    CHECK(to_text(address->key) == "@" + key + ".ed25519");
    CHECK(parse_address(to_text(*address))->key == address->key);
    CHECK(*parse_address(to_text(*address)) == *address);
  }
  CHECK(count == 39);
  CHECK(own == ours.size());
}

TEST_CASE("an address is printed as SSB writes it") {
  for (const char* text : {"1.2.3.4:8008", "example.com:1", "::1:8008", "fe80::1:65535", "nas:8008"}) {
    CHECK(to_text(*parse_address(net(text))) == net(text));
  }
  const std::string with_seed = net("1.2.3.4:8008") + ":+FxM1uHreIjoJBljwkCEAiYGrhPNHg3jLMKVXD+c42w=";
  const auto invited = parse_address(with_seed);
  REQUIRE(invited);
  REQUIRE(invited->seed);
  CHECK(to_text(*invited) == with_seed);
  CHECK(to_text(*parse_address("::1:8008:@" + key + ".ed25519")) == net("::1:8008"));
}

TEST_CASE("the scope of an address is kept on this machine, and not told to others") {
  const std::string text = net("fe80::1%eth0:8008");
  for (const auto& written : {text, net("[fe80::1%eth0]:8008"), "fe80::1%eth0:8008:@" + key + ".ed25519"}) {
    CAPTURE(written);
    const auto scoped = parse_address(written);
    REQUIRE(scoped);
    CHECK(scoped->host == "fe80::1%eth0");
    CHECK(to_text(*scoped) == text);
    CHECK(*parse_address(to_text(*scoped)) == *scoped);
    CHECK(place_of(*scoped) == "[fe80::1%eth0]:8008");
    CHECK(to_text_for_others(*scoped) == net("fe80::1:8008"));
    CHECK(join_addresses(std::vector{*scoped}, 4096) == net("fe80::1:8008"));
  }
  // The same address on two links is two places.
  CHECK(to_text(*parse_address(net("fe80::1%eth0:1"))) != to_text(*parse_address(net("fe80::1%wlan0:1"))));
  CHECK(to_text_for_others(*parse_address(net("nas:1"))) == net("nas:1"));
  CHECK(place_of(*parse_address(net("nas:1"))) == "nas:1");
}

TEST_CASE("a list gives all that can be dialled, in its order") {
  const auto addresses = parse_addresses(net("a:1") + ";ws://b:2~shs:" + key + ";;" + net("c:3") + ";d:4:@" +
                                         key + ".ed25519;" + net("e:x"));
  REQUIRE(addresses.size() == 3);
  CHECK(addresses[0].host == "a");
  CHECK(addresses[1].host == "c");
  CHECK(addresses[2].host == "d");
  CHECK(join_addresses(addresses, 4096) == net("a:1") + ";" + net("c:3") + ";" + net("d:4"));
  const std::size_t two = 2 * net("a:1").size() + 1;
  CHECK(join_addresses(addresses, two) == net("a:1") + ";" + net("c:3"));
  CHECK(join_addresses(addresses, two - 1) == net("a:1"));
  CHECK(join_addresses(addresses, 5) == "");
  CHECK(join_addresses({}, 4096) == "");
}

TEST_CASE("escapes in data are taken off") {
  CHECK(place("net:fe80!:!:1:8008~shs:" + key) == "fe80::1 8008");
  CHECK(place("net:a!~b:8008~shs:" + key) == "");
  CHECK(place("net:a:8008!~shs!:" + key) == "");
  CHECK(place("net:a:8008~shs:" + key + "!") == "");
  CHECK(place("!") == "");
}

TEST_CASE("what is no address gives none") {
  for (const char* bad :
       {":8008",        "a",      "a:",       "a:+1",       "a: 1",       "a:1 ",  "a:-1",      "a:65536",
        "a:9999999999", "a b:1",  "-a:1",     ".:1",        "a/b:1",      "a\n:1", "fe80::g:1", "a:1~",
        "[a]:1",        "[::1:1", "a%eth0:1", "fe80::1%:1", "fe80::1%/:1"}) {
    CAPTURE(bad);
    CHECK(parse_addresses(net(bad)).empty());
  }
  for (const auto& bad : std::vector<std::string>{
           net("a:1") + "~x", net("a:1") + ":", net("a:1") + ":AAAA", "net:a:1~shs:@" + key + ".ed25519",
           "net:a:1~shs:" + key.substr(0, 43), "net:a:1~noauth", "a:1:" + key + ".ed25519", "a:1:@" + key,
           ":1:@" + key + ".ed25519", "a:@" + key + ".ed25519"}) {
    CAPTURE(bad);
    CHECK(parse_addresses(bad).empty());
  }
  for (const std::size_t length : {253, 254}) {
    std::string host(length, 'a');
    host += ":1";
    CHECK(parse_addresses(net(host)).size() == (length == 253 ? 1 : 0));
  }
  const auto refused = parse_address("garbage");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::data);
  CHECK(refused.error().text.find("net:HOST:8008~shs:KEY") != std::string::npos);
}

TEST_CASE("no cut and no change of one character of an address harms") {
  const std::string text = net("fe80::1%eth0:8008") + ";" + net("nas:8008");
  for (std::size_t at = 0; at < text.size(); ++at) {
    parse_addresses(text.substr(0, at));
    for (int c = 0; c < 256; ++c) {
      std::string changed = text;
      changed[at] = static_cast<char>(c);
      for (const auto& address : parse_addresses(changed)) REQUIRE(address.port != 0);
    }
  }
}
