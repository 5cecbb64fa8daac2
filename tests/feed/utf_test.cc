// SPDX-License-Identifier: MIT
#include "feed/utf.h"

#include "vectors.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace ssblog;

namespace {

/// Random code points of all lengths, no surrogates.
std::u32string random_code_points(std::mt19937& random, std::size_t length) {
  constexpr char32_t limits[] = {0x80, 0x80, 0x80, 0x800, 0x10000, 0x110000};
  std::u32string text;
  while (text.size() < length) {
    const char32_t c = static_cast<char32_t>(random()) % limits[random() % std::size(limits)];
    if (c < 0xd800 || c > 0xdfff) text += c;
  }
  return text;
}

std::string utf8(std::u32string_view code_points) {
  std::string text;
  for (const char32_t c : code_points) append_utf8(text, c);
  return text;
}

}  // namespace

TEST_CASE("foreign bytes become the text that the reference makes of them") {
  const auto file = vectors("canonical.json");
  std::size_t count = 0;
  for (Items items(member(file, "utf8")); items.next(); ++count) {
    CAPTURE(items.value());
    const auto bytes = hex_bytes(items.value(), "in_hex");
    const std::string text = decode_utf8(bytes);
    CHECK(text == wtf8(items.value(), "decoded"));
    CHECK(is_utf8(as_bytes(text)));
    CHECK((text == as_text(bytes)) == is_utf8(bytes));
    const auto out = canonical(text, Layout::indented);
    if (member(items.value(), "out") == "null") {
      CHECK_FALSE(out);
    } else {
      REQUIRE(out);
      CHECK(*out == wtf8(items.value(), "out"));
    }
  }
  CHECK(count == 25);
}

TEST_CASE("well-formed UTF-8 is exactly what is spelled from code points") {
  // Every lead byte with second bytes at each edge of what any lead allows, and both sides of a third.
  std::size_t whole = 0;
  for (unsigned lead = 0x80; lead < 0x100; ++lead) {
    for (unsigned second = 0; second < 0x100; ++second) {
      for (const unsigned third : {0x7fU, 0x80U, 0xbfU, 0xc0U}) {
        const ByteBuf bytes = {static_cast<std::uint8_t>(lead), static_cast<std::uint8_t>(second),
                               static_cast<std::uint8_t>(third), 0x80};
        for (std::size_t length = 1; length <= 4; ++length) {
          const ByteView view = ByteView(bytes).first(length);
          const bool continued = (second & 0xc0) == 0x80;
          const bool third_continues = (third & 0xc0) == 0x80;
          char32_t c = 0;
          if (length == 2) c = (lead & 0x1f) << 6 | (second & 0x3f);
          if (length == 3) c = (lead & 0x0f) << 12 | (second & 0x3f) << 6 | (third & 0x3f);
          if (length == 4) c = (lead & 0x07) << 18 | (second & 0x3f) << 12 | (third & 0x3f) << 6;
          const bool expected = (length == 2 && lead >= 0xc0 && lead < 0xe0 && continued && c >= 0x80) ||
                                (length == 3 && lead >= 0xe0 && lead < 0xf0 && continued && third_continues &&
                                 c >= 0x800 && (c < 0xd800 || c > 0xdfff)) ||
                                (length == 4 && lead >= 0xf0 && lead < 0xf8 && continued && third_continues &&
                                 c >= 0x10000 && c < 0x110000);
          // A sequence and ASCII after it are two things that are well-formed.
          const bool ascii_after = length == 3 && third < 0x80 && is_utf8(view.first(2));
          if (is_utf8(view) != (expected || ascii_after)) {
            CAPTURE(to_hex(view));
            CHECK(is_utf8(view) == expected);
          }
          whole += expected;
        }
      }
    }
  }
  CHECK(whole > 1000);
}

TEST_CASE("every cut of a text ends in whole characters and the beginning of one") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const auto code_points = random_code_points(random, random() % 40);
    std::string text;
    std::vector<std::size_t> ends = {0};
    for (const char32_t c : code_points) {
      append_utf8(text, c);
      ends.push_back(text.size());
    }
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      const std::size_t whole = *(std::upper_bound(ends.begin(), ends.end(), cut) - 1);
      bool cut_short = whole == cut;  // the opposite of what is wished for
      const auto bytes = as_bytes(text).first(cut);
      REQUIRE(utf8_prefix(bytes, &cut_short) == whole);
      REQUIRE(cut_short == (whole != cut));
      REQUIRE(is_utf8(bytes) == (whole == cut));
      REQUIRE(decode_utf8(bytes) == text.substr(0, whole) + (whole == cut ? "" : "\xef\xbf\xbd"));
    }
  }
}

TEST_CASE("a malformed byte is found wherever it stands") {
  for (std::size_t length = 1; length < 80; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      text[at] = '\xff';
      bool cut_short = true;
      REQUIRE(utf8_prefix(as_bytes(text), &cut_short) == at);
      REQUIRE_FALSE(cut_short);
      REQUIRE(decode_utf8(as_bytes(text)) ==
              std::string(at, 'a') + "\xef\xbf\xbd" + std::string(length - at - 1, 'a'));
    }
  }
}

TEST_CASE("what is decoded is well-formed, whatever the bytes") {
  std::mt19937 random(2);
  constexpr std::uint8_t tricky[] = {'a',  0x80, 0xbf, 0xc2, 0xe0, 0xa0, 0xed,
                                     0x9f, 0xef, 0xf0, 0x90, 0xf4, 0x8f, 0xff};
  for (int round = 0; round < 20000; ++round) {
    ByteBuf bytes(random() % 24);
    for (auto& byte : bytes) byte = tricky[random() % std::size(tricky)];
    const std::string text = decode_utf8(bytes);
    REQUIRE(is_utf8(as_bytes(text)));
    REQUIRE(decode_utf8(as_bytes(text)) == text);
    const std::size_t whole = utf8_prefix(bytes);
    REQUIRE(text.substr(0, whole) == as_text(bytes).substr(0, whole));
    if (whole < bytes.size()) REQUIRE(text.substr(whole, 3) == "\xef\xbf\xbd");
  }
}

TEST_CASE("lengths and low bytes are those of the UTF-16 code units") {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    const auto code_points = random_code_points(random, random() % 60);
    ByteBuf low = {7};  // what is there stays
    for (const char32_t c : code_points) {
      if (c < 0x10000) {
        low.push_back(static_cast<std::uint8_t>(c));
      } else {
        low.push_back(static_cast<std::uint8_t>(0xd800 + ((c - 0x10000) >> 10)));
        low.push_back(static_cast<std::uint8_t>(0xdc00 + ((c - 0x10000) & 0x3ff)));
      }
    }
    const std::string text = utf8(code_points);
    REQUIRE(is_utf8(as_bytes(text)));
    REQUIRE(utf16_length(text) == low.size() - 1);
    ByteBuf got = {7};
    append_low_bytes(got, text);
    REQUIRE(got == low);
  }
}

TEST_CASE("a code point is spelled in one to four bytes") {
  const auto spelled = [](char32_t c) { return to_hex(as_bytes(utf8(std::u32string(1, c)))); };
  CHECK(spelled(0) == "00");
  CHECK(spelled(0x7f) == "7f");
  CHECK(spelled(0x80) == "c280");
  CHECK(spelled(0x7ff) == "dfbf");
  CHECK(spelled(0x800) == "e0a080");
  CHECK(spelled(0xd800) == "eda080");
  CHECK(spelled(0xffff) == "efbfbf");
  CHECK(spelled(0x10000) == "f0908080");
  CHECK(spelled(0x10ffff) == "f48fbfbf");
}
