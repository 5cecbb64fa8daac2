// SPDX-License-Identifier: MIT
#include "assemble/escape.h"

#include "feed/utf.h"

#include <doctest/doctest.h>

#include <ios>

#include <algorithm>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace ssblog;
using namespace std::string_literals;

namespace {

std::string escaped(std::string_view line) {
  std::string out;
  escape_line(as_bytes(line), out);
  return out;
}

/// Bytes of all kinds: any byte, broken and whole sequences, long plain runs.
ByteBuf random_line(std::mt19937& random) {
  std::string line;
  const std::size_t parts = random() % 12;
  for (std::size_t i = 0; i < parts; ++i) {
    switch (random() % 6) {
      case 0:
        line.append(random() % 200, static_cast<char>('a' + random() % 26));
        break;
      case 1:
        line += static_cast<char>(random());
        break;
      case 2:
        append_utf8(line, static_cast<char32_t>(random() % 0x110000));  // surrogates too: ill-formed
        break;
      case 3:
        append_utf8(line, static_cast<char32_t>(random() % 0x3000));
        break;
      case 4: {
        std::string cut;
        append_utf8(cut, static_cast<char32_t>(0x10000 + random() % 0x100000));
        line += cut.substr(0, random() % 4);
        break;
      }
      default:
        line += "\\x41\\r\\u2028\t\r\x7f\x80\xf0\x9f"[random() % 18];
    }
  }
  const auto bytes = as_bytes(line);
  return {bytes.begin(), bytes.end()};
}

std::string xs(std::size_t count, std::string_view end = {}) {
  std::string text(count, 'x');
  text += end;
  return text;
}

bool must_be_escaped(char32_t c) {
  return (c < 0x20 && c != '\t') || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

}  // namespace

TEST_CASE("text that a terminal shows as it is stands as it is") {
  for (const std::string text :
       {"", "plain", "tab\there", "äöü", "日本語", "\U0001f600", "~ \" ' / {}", "\u00a0", "\u200d", "\u2027",
        "\u202f", "\u2065", "\u206a", "\ufffd", "\uffff"}) {
    CAPTURE(text);
    CHECK(escaped(text) == text);
  }
}

TEST_CASE("each special byte has its one escape") {
  CHECK(escaped("\\") == "\\\\");
  CHECK(escaped("a\rb\n") == "a\\rb\\x0a");
  CHECK(escaped("\0\x1b[31m\x7f"s) == "\\x00\\x1b[31m\\x7f");
  CHECK(escaped("\u0080\u009f\u061c\u200e\u200f\u2028\u202e\u2066\u2069\ufeff") ==
        "\\u0080\\u009f\\u061c\\u200e\\u200f\\u2028\\u202e\\u2066\\u2069\\ufeff");
}

TEST_CASE("each byte that is not part of well-formed UTF-8 is escaped alone") {
  CHECK(escaped("\xff\x80") == "\\xff\\x80");
  CHECK(escaped("\xc0\xaf") == "\\xc0\\xaf");
  CHECK(escaped("\xe0\x9f\xbf") == "\\xe0\\x9f\\xbf");
  CHECK(escaped("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(escaped("\xf0\x8f\xbf\xbf") == "\\xf0\\x8f\\xbf\\xbf");
  CHECK(escaped("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(escaped("\xe2\x82") == "\\xe2\\x82");
  CHECK(escaped("\xe2\x82\xe2\x82\xac") == "\\xe2\\x82\u20ac");
}

TEST_CASE("a special byte is found at every place of a long line") {
  for (std::size_t size = 1; size < 200; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string line(size, 'x');
      line[at] = '\x1b';
      const std::string expected = line.substr(0, at) + "\\x1b" + line.substr(at + 1);
      if (escaped(line) != expected) FAIL("size " << size << ", at " << at);
    }
  }
}

TEST_CASE("a line is the same however its bytes arrive") {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    const ByteBuf line = random_line(random);
    std::string whole;
    escape_line(line, whole);
    std::string pieces;
    LineEscaper escaper;
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t size = std::min<std::size_t>(line.size() - at, random() % (round % 2 == 0 ? 3 : 90));
      escaper.add(ByteView(line).subspan(at, size), pieces);
      at += size;
    }
    escaper.finish(pieces);
    REQUIRE(pieces == whole);
  }
}

TEST_CASE("an escaped line is safe and gives its bytes back") {
  std::mt19937 random(2);
  for (int round = 0; round < 20000; ++round) {
    const ByteBuf line = random_line(random);
    std::string text;
    escape_line(line, text);
    const auto back = unescape_line(text);
    REQUIRE(back);
    REQUIRE(*back == line);

    REQUIRE(is_utf8(as_bytes(text)));
    for (std::size_t i = 0; i < text.size();) {
      std::size_t end = i + 1;
      while (end < text.size() && (text[end] & 0xc0) == 0x80) ++end;
      char32_t c = static_cast<std::uint8_t>(text[i]) & (end - i == 1 ? 0x7fU : 0x7fU >> (end - i));
      for (std::size_t k = i + 1; k < end; ++k) c = c << 6 | (static_cast<std::uint8_t>(text[k]) & 0x3fU);
      if (must_be_escaped(c)) FAIL("U+" << std::hex << static_cast<std::uint32_t>(c));
      i = end;
    }
  }
}

TEST_CASE("every character comes back") {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string line;
    append_utf8(line, c);
    const std::string text = escaped(line);
    const auto back = unescape_line(text);
    if (!back || as_text(*back) != line) FAIL("U+" << std::hex << static_cast<std::uint32_t>(c));
    if ((text != line) != (must_be_escaped(c) || c == '\\'))
      FAIL("U+" << std::hex << static_cast<std::uint32_t>(c));
  }
}

TEST_CASE("what escaping cannot have made is refused") {
  for (const std::string& text : std::vector<std::string>{
           "\\",    "a\\",   "\\n",     "\\x4",    "\\x41",      "\\x0D",   "\\x0d",   "\\x09",
           "\\xC3", "\\u00", "\\u0041", "\\u20AC", "\\u20ac",    "\\ud83d", "\\u202E", "\n",
           "\r",    "\x7f",  "\xff",    "\u2028",  "\\xc3\\xa4", "\xe2\x82"}) {
    CAPTURE(text);
    CHECK_FALSE(unescape_line(text));
  }
}

TEST_CASE("a name keeps its safe characters and escapes the others by UTF-16 unit") {
  CHECK(escape_name("") == "");
  CHECK(escape_name("azAZ09._/:-") == "azAZ09._/:-");
  CHECK(escape_name("a b,;@[`{~\\\n") ==
        "a\\u0020b\\u002c\\u003b\\u0040\\u005b\\u0060\\u007b\\u007e\\u005c\\u000a");
  CHECK(escape_name("ä€") == "\\u00e4\\u20ac");
  CHECK(escape_name("\U0001f600") == "\\ud83d\\ude00");
  CHECK(escape_name("\xff") == "\\ufffd");
  CHECK(escape_name("\0"s) == "\\u0000");
}

TEST_CASE("a long name is cut at a whole escape and ends in ~") {
  CHECK(escape_name(xs(64)) == xs(64));
  CHECK(escape_name(xs(65)) == xs(63, "~"));
  CHECK(escape_name(xs(1 << 20)) == xs(63, "~"));
  CHECK(escape_name(xs(58, " ")) == xs(58, "\\u0020"));
  CHECK(escape_name(xs(59, " ")) == xs(59, "~"));
  CHECK(escape_name(xs(57, " y")) == xs(57, "\\u0020y"));
  CHECK(escape_name(xs(57, " yy")) == xs(57, "\\u0020~"));
  CHECK(escape_name(xs(58, " y")) == xs(58, "~"));
  CHECK(escape_name(xs(52, "\U0001f600")) == xs(52, "\\ud83d\\ude00"));
  CHECK(escape_name(xs(53, "\U0001f600")) == xs(53, "\\ud83d~"));
  CHECK(escape_name(xs(58, "\U0001f600")) == xs(58, "~"));
}
