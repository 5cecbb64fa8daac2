// SPDX-License-Identifier: MIT
#include "gossip/protocol/lan_packet.h"

#include "vectors.h"

#include <doctest/doctest.h>
#include <sodium.h>

using namespace ssblog;

namespace {

NetworkKey network_of(std::string_view vector) { return *NetworkKey::from(hex_bytes(vector, "cap_hex")); }

const KeyPair& own() {
  static const KeyPair keys = KeyPair::from_seed(std::array<std::uint8_t, 32>{7});
  return keys;
}
const NetworkKey network{{1, 2, 3}};

/// An address text of an exact length.
std::string text_of_length(std::size_t length) {
  std::string text = "net:nas:8008~shs:" + to_base64(own().id().view());
  return text + std::string(length - text.size(), ';');
}

/// A datagram of any plain bytes, well signed over any text.
ByteBuf sealed(std::string_view plain, std::string_view signed_text) {
  ByteBuf datagram(16 + plain.size());
  crypto_secretbox_easy(datagram.data(), as_bytes(plain).data(), plain.size(), network.bytes.data(),
                        network.bytes.data());
  const auto signature = own().sign(as_bytes(signed_text), nullptr);
  datagram.insert(datagram.end(), signature.begin(), signature.end());
  return datagram;
}

}  // namespace

TEST_CASE("announcements are written and read as ssb-lan does, unverified ones apart") {
  const auto file = vectors("lan.json");
  std::size_t count = 0;
  for (Items items(member(file, "encrypted")); items.next(); ++count) {
    CAPTURE(wtf8(items.value(), "name"));
    const auto read = member(items.value(), "read");
    const ByteBuf datagram = hex_bytes(items.value(), "packet");
    const auto signer = KeyPair::from_secret(hex_bytes(items.value(), "signer_private_hex"));
    REQUIRE(signer);
    CHECK(encode_lan(wtf8(read, "address"), *signer, network_of(items.value())) == datagram);
    const auto peer = decode_lan(datagram, network_of(items.value()));
    REQUIRE(peer.has_value() == (member(read, "verified") == "true"));
    if (!peer) continue;
    CHECK(to_text(peer->key) == wtf8(read, "key"));
    CHECK(peer->addresses == parse_addresses(wtf8(read, "address")));
    CHECK(peer->addresses.size() == 1);
  }
  CHECK(count == 5);
}

TEST_CASE("what ssb-lan ignores or does not verify is dropped") {
  const auto file = vectors("lan.json");
  std::size_t count = 0;
  for (Items items(member(file, "failing")); items.next(); ++count) {
    CAPTURE(wtf8(items.value(), "name"));
    CHECK_FALSE(decode_lan(hex_bytes(items.value(), "packet"), network_of(items.value())));
  }
  CHECK(count == 10);
}

TEST_CASE("plain announcements give the key that ssb-local finds in them") {
  const auto file = vectors("lan.json");
  std::size_t count = 0;
  std::size_t heard = 0;
  for (Items items(member(file, "legacy")); items.next(); ++count) {
    CAPTURE(items.value());
    const auto parsed = member(items.value(), "ssb_local_parsed");
    const auto key = is_object(parsed) ? parse_feed_id(wtf8(parsed, "key")) : std::nullopt;
    const auto peer = decode_plain_lan(hex_bytes(items.value(), "packet"));
    REQUIRE(peer.has_value() == key.has_value());
    if (!peer) continue;
    CHECK(peer->key == *key);
    CHECK(peer->addresses.size() == 1);
    CHECK(peer->addresses[0].port == 8008);
    ++heard;
  }
  CHECK(count == 10);
  CHECK(heard == 5);
}

TEST_CASE("an announcement of 4096 bytes is heard, and none above") {
  const std::string longest = text_of_length(max_lan_text_bytes);
  const ByteBuf datagram = encode_lan(longest, own(), network);
  CHECK(datagram.size() == 4096 + 14 + 16 + 64);
  CHECK(decode_lan(datagram, network));
  CHECK(decode_plain_lan(as_bytes(longest)));
  const std::string above = text_of_length(max_lan_text_bytes + 1);
  CHECK_FALSE(decode_plain_lan(as_bytes(above)));
  const std::string compact = R"({"address":")" + above + R"("})";
  CHECK_FALSE(decode_lan(sealed(compact, "{\n  \"address\": \"" + above + "\"\n}"), network));
  CHECK_FALSE(decode_lan(ByteBuf(100'000), network));
}

TEST_CASE("every bit that is flipped and every cut makes an announcement worthless") {
  const ByteBuf datagram = encode_lan(text_of_length(80), own(), network);
  REQUIRE(decode_lan(datagram, network));
  for (std::size_t bit = 0; bit < datagram.size() * 8; ++bit) {
    CAPTURE(bit);
    ByteBuf wrong = datagram;
    wrong[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    REQUIRE_FALSE(decode_lan(wrong, network));
  }
  for (std::size_t length = 0; length < datagram.size(); ++length) {
    REQUIRE_FALSE(decode_lan(ByteView(datagram).first(length), network));
    REQUIRE_FALSE(decode_lan(ByteView(datagram).subspan(length + 1), network));
  }
}

TEST_CASE("the signature is over the object as it is, indented") {
  const std::string text = text_of_length(80);
  const std::string with_more = R"({"address":")" + text + R"(","x":[1]})";
  const auto indented = canonical(with_more, Layout::indented);
  REQUIRE(indented);
  CHECK(decode_lan(sealed(with_more, *indented), network));
  CHECK_FALSE(decode_lan(sealed(with_more, with_more), network));
  for (const char* bad : {"", "7", "[]", "{}", R"({"address":7})", R"({"address":"net:a:1"})"}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_lan(sealed(bad, bad), network));
  }
}

TEST_CASE("of an announcement with two keys only the first one's addresses count") {
  const KeyPair other = KeyPair::from_seed(std::array<std::uint8_t, 32>{8});
  const std::string mine = "net:a:1~shs:" + to_base64(own().id().view());
  const std::string theirs = "net:b:2~shs:" + to_base64(other.id().view());
  const auto peer = decode_lan(encode_lan(mine + ";" + theirs + ";" + mine, own(), network), network);
  REQUIRE(peer);
  CHECK(peer->key == own().id());
  CHECK(peer->addresses.size() == 2);
  CHECK_FALSE(decode_lan(encode_lan(theirs + ";" + mine, own(), network), network));
}
