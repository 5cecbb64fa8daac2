// SPDX-License-Identifier: MIT
#include "feed/keys.h"

#include "vectors.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <type_traits>
#include <utility>

using namespace ssblog;

namespace {

KeyPair pair_of_seed(std::uint8_t fill) {
  std::array<std::uint8_t, 32> seed;
  seed.fill(fill);
  return KeyPair::from_seed(seed);
}

bool same(const KeyPair& a, const KeyPair& b) {
  return a.id() == b.id() && as_text(a.secret()) == as_text(b.secret());
}

std::string secret_file(std::string_view curve, ByteView public_key, ByteView secret) {
  return fmt::format(R"({{"curve":"{}","public":"{}.ed25519","private":"{}.ed25519"}})", curve,
                     to_base64(public_key), to_base64(secret));
}

/// The sentence of a refused secret file.
std::string refusal(std::string_view text) {
  const auto keys = parse_secret_file(text);
  REQUIRE_FALSE(keys);
  CHECK(keys.error().code == Code::data);
  return keys.error().text;
}

}  // namespace

TEST_CASE("a seed gives the key pair that the reference makes of it") {
  const auto file = vectors("keys.json");
  std::size_t count = 0;
  for (Items items(member(file, "keypairs")); items.next(); ++count) {
    CAPTURE(items.value());
    const auto seed = hex_bytes(items.value(), "seed_hex");
    REQUIRE(seed.size() == 32);
    const KeyPair keys = KeyPair::from_seed(ByteView(seed).first<32>());
    CHECK(to_hex(keys.id().view()) == wtf8(items.value(), "public_hex"));
    CHECK(to_hex(keys.secret()) == wtf8(items.value(), "private_hex"));
    CHECK(to_text(keys.id()) == wtf8(member(items.value(), "keys"), "id"));
    const auto again = KeyPair::from_secret(hex_bytes(items.value(), "private_hex"));
    REQUIRE(again);
    CHECK(same(*again, keys));
  }
  CHECK(count == 8);
}

TEST_CASE("a secret file is loaded when the reference loads it") {
  const auto file = vectors("keys.json");
  std::size_t count = 0;
  for (Items items(member(file, "key_files")); items.next(); ++count) {
    CAPTURE(items.value());
    const std::string text = wtf8(items.value(), "text");
    const auto loaded = member(items.value(), "loaded");
    if (loaded == "null") {
      refusal(text);
      continue;
    }
    const auto keys = parse_secret_file(text);
    REQUIRE(keys);
    CHECK(to_text(keys->id()) == wtf8(loaded, "id"));
    CHECK(to_base64(keys->secret()) + ".ed25519" == wtf8(loaded, "private"));
  }
  CHECK(count == 13);
}

TEST_CASE("a secret file that was written is read back, whatever its line ends") {
  for (int i = 0; i < 20; ++i) {
    const KeyPair keys = KeyPair::generate();
    const std::string text = format_secret_file(keys);
    const auto again = parse_secret_file(text);
    REQUIRE(again);
    CHECK(same(*again, keys));
    std::string crlf;
    for (const char c : text) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    const auto from_crlf = parse_secret_file(crlf);
    REQUIRE(from_crlf);
    CHECK(same(*from_crlf, keys));
  }
}

TEST_CASE("a secret file cut at any byte of its object is refused") {
  const std::string text = format_secret_file(pair_of_seed(3));
  const std::size_t behind = text.find('}') + 1;
  for (std::size_t length = 0; length < behind; ++length) {
    CAPTURE(length);
    CHECK_FALSE(parse_secret_file(std::string_view(text).substr(0, length)));
  }
  CHECK(parse_secret_file(std::string_view(text).substr(0, behind)));
}

TEST_CASE("a secret file whose keys do not fit together is refused") {
  const KeyPair one = pair_of_seed(1);
  const KeyPair two = pair_of_seed(2);
  ByteBuf mixed(one.secret().begin(), one.secret().end());
  std::copy(two.id().bytes.begin(), two.id().bytes.end(), mixed.begin() + 32);
  CHECK(parse_secret_file(secret_file("ed25519", one.id().view(), one.secret())));
  CHECK(refusal(secret_file("ed25519", two.id().view(), one.secret())).find("do not belong together") !=
        std::string::npos);
  CHECK(refusal(secret_file("ed25519", one.id().view(), mixed)).find("do not belong together") !=
        std::string::npos);
  CHECK(refusal(secret_file("ed25519", two.id().view(), mixed)).find("do not belong together") !=
        std::string::npos);
  CHECK(refusal(secret_file("ed25519", one.id().view(), one.secret().first(63))).find("63") !=
        std::string::npos);
  CHECK(refusal(secret_file("ed25519", one.id().view().first(31), one.secret())) != "");
}

TEST_CASE("a secret file of another curve, or without one of its texts, is refused") {
  const KeyPair keys = pair_of_seed(1);
  const std::string good = secret_file("ed25519", keys.id().view(), keys.secret());
  CHECK(refusal(secret_file("k256", keys.id().view(), keys.secret())).find("curve") != std::string::npos);
  CHECK(refusal(R"({"public":"x"})").find("curve") != std::string::npos);
  CHECK(refusal(R"({"curve":"ed25519"})").find("public") != std::string::npos);
  CHECK(refusal("[]").find("JSON object") != std::string::npos);
  CHECK(refusal("# only a comment\n").find("JSON object") != std::string::npos);
  std::string bare = good;  // the keys without their suffixes
  for (auto at = bare.find(".ed25519"); at != std::string::npos; at = bare.find(".ed25519"))
    bare.erase(at, 8);
  CHECK(refusal(bare).find("public") != std::string::npos);
}

TEST_CASE("a network key is decoded as ssb-server decodes it, and refused with its length") {
  const auto file = vectors("keys.json");
  std::size_t count = 0;
  for (Items items(member(file, "caps")); items.next(); ++count) {
    CAPTURE(items.value());
    const auto bytes = hex_bytes(items.value(), "server_hex");
    const auto key = parse_network_key(wtf8(items.value(), "text"));
    if (member(items.value(), "usable") == "true") {
      REQUIRE(key);
      CHECK(to_hex(key->view()) == to_hex(bytes));
    } else {
      REQUIRE_FALSE(key);
      CHECK(key.error().code == Code::config);
      CHECK(key.error().text.find(fmt::format(" {} bytes", bytes.size())) != std::string::npos);
      CHECK(key.error().text.find("32 bytes") != std::string::npos);
    }
  }
  CHECK(count == 14);
}

TEST_CASE("a network key ends at its first = or dot") {
  const std::string good = "1KHLiKZvAvjbY1ziZEHMXawbCEIM6qwjCDm3VYRan/s=";
  const auto key = parse_network_key(good);
  REQUIRE(key);
  for (const std::string_view tail : {"AAAA", "=AAAA", " AAAA", ".AAAA", ".ed25519", "\nAAAA="}) {
    CAPTURE(tail);
    const auto again = parse_network_key(good + std::string(tail));
    REQUIRE(again);
    CHECK(again->bytes == key->bytes);
  }
  CHECK_FALSE(parse_network_key("1KHLiKZvAvjbY1ziZEHM=XawbCEIM6qwjCDm3VYRan/s="));
  CHECK_FALSE(parse_network_key("." + good));
}

TEST_CASE("a signing key is canonical base64 of 32 bytes and nothing else") {
  const std::string good = "QpMkUOSJY1g1JCxf7VqSR1vTVgFPq82U5M902mcoWe4=";
  const auto key = parse_signing_key(good);
  REQUIRE(key);
  CHECK(to_base64(key->view()) == good);
  for (const auto& bad :
       {std::string(), good.substr(0, 43), good + "=", " " + good, good + "\n", good + ".sha256",
        std::string("QpMkUOSJY1g1JCxf7VqSR1vTVgFPq82U5M902mcoWe5="), std::string(44, 'A'),
        std::string("cMHF6wAUf0J9Hq+q5YHWgnVVtGoiVxywl9A9v7d1jw=="), std::string("not a key")}) {
    CAPTURE(bad);
    const auto refused = parse_signing_key(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::config);
    CHECK(refused.error().text.find("32 bytes") != std::string::npos);
  }
}

TEST_CASE("a signature holds for its text, its key and its network alone") {
  const KeyPair keys = pair_of_seed(1);
  const SigningKey network{{1, 2, 3}};
  const SigningKey other{{1, 2, 4}};
  const auto text = as_bytes("a line");
  const Signature plain = keys.sign(text, nullptr);
  const Signature bound = keys.sign(text, &network);
  CHECK(signature_holds(keys.id(), text, plain, nullptr));
  CHECK(signature_holds(keys.id(), text, bound, &network));
  CHECK_FALSE(signature_holds(keys.id(), text, plain, &network));
  CHECK_FALSE(signature_holds(keys.id(), text, bound, nullptr));
  CHECK_FALSE(signature_holds(keys.id(), text, bound, &other));
  CHECK_FALSE(signature_holds(keys.id(), as_bytes("a lime"), plain, nullptr));
  CHECK_FALSE(signature_holds(pair_of_seed(2).id(), text, plain, nullptr));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    CAPTURE(bit);
    Signature flipped = plain;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    REQUIRE_FALSE(signature_holds(keys.id(), text, flipped, nullptr));
  }
}

TEST_CASE("a key pair is neither copied nor printed") {
  CHECK_FALSE(std::is_copy_constructible_v<KeyPair>);
  CHECK_FALSE(std::is_copy_assignable_v<KeyPair>);
  CHECK_FALSE(fmt::is_formattable<KeyPair>::value);
}

TEST_CASE("a key pair that was moved signs as before") {
  KeyPair first = pair_of_seed(9);
  const Signature before = first.sign(as_bytes("x"), nullptr);
  const KeyPair second = std::move(first);
  CHECK(second.sign(as_bytes("x"), nullptr) == before);
  CHECK(KeyPair::generate().id() != KeyPair::generate().id());
}
