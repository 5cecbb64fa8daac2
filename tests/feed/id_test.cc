// SPDX-License-Identifier: MIT
#include "feed/id.h"

#include "vectors.h"

#include <doctest/doctest.h>

using namespace ssblog;

namespace {

const std::string feed_text = "@RO6w442FVKSSmTBeL26IWOKkP1V0tPRNEZb80u5Mp2Q=.ed25519";
const std::string message_text = "%RO6w442FVKSSmTBeL26IWOKkP1V0tPRNEZb80u5Mp2Q=.sha256";

}  // namespace

TEST_CASE("ids are recognised as the reference does, apart from its loose suffixes") {
  const auto file = vectors("keys.json");
  std::size_t count = 0;
  std::size_t feeds = 0;
  for (Items items(member(file, "ids")); items.next(); ++count) {
    CAPTURE(items.value());
    const std::string text = wtf8(items.value(), "text");
    // The reference takes any character for the stop, and .sha256 after a feed; we do not.
    const bool strict_feed = member(items.value(), "is_feed") == "true" && text.ends_with(".ed25519");
    const bool strict_message = member(items.value(), "is_msg") == "true" && text.ends_with(".sha256");
    const auto feed = parse_feed_id(text);
    const auto key = parse_message_key(text);
    CHECK(feed.has_value() == strict_feed);
    CHECK(key.has_value() == strict_message);
    if (feed) CHECK(to_text(*feed) == text);
    if (key) CHECK(to_text(*key) == text);
    feeds += strict_feed;
  }
  CHECK(count == 49);
  CHECK(feeds > 10);
}

TEST_CASE("the ids of key pairs are the texts of their public keys") {
  const auto file = vectors("keys.json");
  std::size_t count = 0;
  for (Items items(member(file, "keypairs")); items.next(); ++count) {
    CAPTURE(items.value());
    const auto feed = FeedId::from(hex_bytes(items.value(), "public_hex"));
    REQUIRE(feed);
    const std::string text = wtf8(member(items.value(), "keys"), "id");
    CHECK(to_text(*feed) == text);
    CHECK(parse_feed_id(text) == feed);
  }
  CHECK(count == 8);
}

TEST_CASE("an id with any one character changed is another id or none") {
  const auto feed = parse_feed_id(feed_text);
  const auto key = parse_message_key(message_text);
  REQUIRE(feed);
  REQUIRE(key);
  CHECK(feed->bytes == key->bytes);
  for (std::size_t at = 0; at < feed_text.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = feed_text;
      changed[at] = static_cast<char>(c);
      if (const auto other = parse_feed_id(changed)) {
        REQUIRE(to_text(*other) == changed);
        REQUIRE((other == feed) == (changed == feed_text));
      }
    }
  }
}

TEST_CASE("no cut of an id is an id") {
  for (std::size_t cut = 0; cut < feed_text.size(); ++cut) {
    CHECK_FALSE(parse_feed_id(feed_text.substr(0, cut)));
    CHECK_FALSE(parse_feed_id(feed_text.substr(cut + 1)));
  }
  for (std::size_t cut = 0; cut < message_text.size(); ++cut) {
    CHECK_FALSE(parse_message_key(message_text.substr(0, cut)));
    CHECK_FALSE(parse_message_key(message_text.substr(cut + 1)));
  }
  CHECK_FALSE(parse_feed_id(message_text));
  CHECK_FALSE(parse_message_key(feed_text));
}

TEST_CASE("a key is made of 32 bytes and of nothing else") {
  const ByteBuf bytes(40, 1);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    CHECK(FeedId::from(ByteView(bytes).first(length)).has_value() == (length == 32));
  }
}

TEST_CASE("a short id is the beginning of the URL-safe base64") {
  FeedId id;
  id.bytes.fill(0xff);
  CHECK(short_id(id) == "________");
  CHECK(short_id(*parse_feed_id(feed_text)) == "RO6w442F");
}

TEST_CASE("base64 is read only in its canonical spelling") {
  for (std::size_t length = 0; length < 40; ++length) {
    ByteBuf bytes(length);
    for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + length);
    const std::string text = to_base64(bytes);
    CHECK(text.size() == (length + 2) / 3 * 4);
    CHECK(from_base64(text) == bytes);
    std::string appended = "x";
    append_base64(appended, bytes);
    CHECK(appended == "x" + text);
  }
  CHECK(to_base64(as_bytes("Man")) == "TWFu");
  CHECK(to_base64_url(ByteBuf{0xfb, 0xff}) == "-_8");
  for (const char* wrong :
       {"TQ", "TQ=", "TQ===", "TR==", "TWF=", "TW-u", "TW u", "TWFu\n", " TWFu", "TWFu====", "===="}) {
    CAPTURE(wrong);
    CHECK_FALSE(from_base64(wrong));
  }
}

TEST_CASE("hex is written in lower case and read in both") {
  CHECK(to_hex(ByteBuf{0x00, 0xaf, 0x10}) == "00af10");
  CHECK(from_hex("00aF10") == ByteBuf{0x00, 0xaf, 0x10});
  CHECK(from_hex("") == ByteBuf{});
  for (const char* wrong : {"0", "0g", "00 1", "0x", " 00 ", "00:0"}) {
    CAPTURE(wrong);
    CHECK_FALSE(from_hex(wrong));
  }
}
