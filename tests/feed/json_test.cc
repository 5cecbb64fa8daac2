// SPDX-License-Identifier: MIT
#include "feed/json.h"

#include "feed/json_random.h"
#include "vectors.h"

#include <doctest/doctest.h>
#include <sodium.h>

#include <bit>
#include <memory>

using namespace ssblog;

namespace {

std::string sha256_base64(ByteView bytes) {
  ByteBuf hash(crypto_hash_sha256_BYTES);
  crypto_hash_sha256(hash.data(), bytes.data(), bytes.size());
  return to_base64(hash);
}

std::string indented(std::string_view text) {
  auto out = canonical(text, Layout::indented);
  return out ? *out : out.error().text;
}

std::string compact(std::string_view text) {
  auto out = canonical(text, Layout::compact);
  return out ? *out : out.error().text;
}

/// What must hold of every text that is JSON, whatever it says. The copy lets the sanitizer see a byte
/// read beyond the end.
bool holds_together(std::string_view text) {
  const auto copy = std::make_unique<char[]>(text.size());
  std::copy(text.begin(), text.end(), copy.get());
  text = {copy.get(), text.size()};
  const auto signed_text = canonical(text, Layout::indented);
  const auto stored = canonical(text, Layout::compact);
  REQUIRE(bool(signed_text) == bool(stored));
  if (!signed_text) {
    REQUIRE(signed_text.error().code == Code::data);
    REQUIRE(signed_text.error().text == stored.error().text);
    REQUIRE(signed_text.error().text.starts_with("not JSON: "));
    return false;
  }
  REQUIRE(is_utf8(as_bytes(*signed_text)));
  REQUIRE(indented(*signed_text) == *signed_text);
  REQUIRE(compact(*stored) == *stored);
  REQUIRE(compact(*signed_text) == *stored);
  REQUIRE(indented(*stored) == *signed_text);
  REQUIRE(indented_length(*stored) == utf16_length(*signed_text));
  return true;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (; times > 0; --times) out += text;
  return out;
}

const std::string sample =
    R"({"type":"log","text":"a \"b\" \u00e9 \ud83d\ude00 \ud83d)"
    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed\xa0\x80"
    R"(","1":[ -0, 1.50e3, 12345678901234567890, {}, [] ],"0":{"a":null,"a":true,"b":false}, "x":1e-7})";

}  // namespace

TEST_CASE("texts become what the reference signs and hashes") {
  const auto file = vectors("canonical.json");
  std::size_t count = 0;
  for (Items items(member(file, "values")); items.next(); ++count) {
    CAPTURE(items.value());
    const std::string in = wtf8(items.value(), "in");
    const auto out = canonical(in, Layout::indented);
    REQUIRE(out);
    CHECK(*out == wtf8(items.value(), "out"));
    CHECK(static_cast<std::int64_t>(utf16_length(*out)) == integer_of(member(items.value(), "length_utf16")));
    ByteBuf low;
    append_low_bytes(low, *out);
    CHECK(sha256_base64(low) == wtf8(items.value(), "hash_latin1_base64"));
    CHECK(sha256_base64(as_bytes(*out)) == wtf8(items.value(), "hash_utf8_base64"));
    CHECK(holds_together(in));
  }
  CHECK(count == 330);
}

TEST_CASE("numbers are printed as ECMAScript does") {
  const auto file = vectors("canonical.json");
  std::size_t count = 0;
  for (Items items(member(file, "numbers")); items.next(); ++count) {
    CAPTURE(items.value());
    std::uint64_t bits = 0;
    for (const auto byte : hex_bytes(items.value(), "bits")) bits = bits << 8 | byte;
    const auto value = std::bit_cast<double>(bits);
    const std::string expected = wtf8(items.value(), "out");
    std::string out;
    append_number(out, value);
    CHECK(out == expected);
    CHECK(indented(expected) == expected);
    if (expected != "null") CHECK(number_of(expected) == value);
  }
  CHECK(count == 768);
}

TEST_CASE("what the reference cannot parse is refused") {
  const auto file = vectors("canonical.json");
  std::size_t count = 0;
  for (Items items(member(file, "invalid_json")); items.next(); ++count) {
    CAPTURE(items.value());
    CHECK_FALSE(holds_together(wtf8(items.value())));
  }
  CHECK(count == 80);
}

TEST_CASE("every cut of an object is refused") {
  REQUIRE(holds_together(sample));
  for (std::size_t cut = 0; cut < sample.size(); ++cut) {
    CAPTURE(cut);
    CHECK_FALSE(holds_together(sample.substr(0, cut)));
  }
}

TEST_CASE("a cut of a number is a number where it ends in a digit") {
  const std::string number = "-120.50e+17";
  for (std::size_t cut = 0; cut <= number.size(); ++cut) {
    CAPTURE(cut);
    CHECK(holds_together(number.substr(0, cut)) == (cut > 0 && std::isdigit(number[cut - 1])));
  }
}

TEST_CASE("any byte of a text may be any other byte") {
  std::size_t still_json = 0;
  for (std::size_t at = 0; at < sample.size(); ++at) {
    std::string changed = sample;
    for (int c = 0; c < 256; ++c) {
      changed[at] = static_cast<char>(c);
      still_json += holds_together(changed);
    }
  }
  CHECK(still_json > sample.size());  // where nothing else changed, and inside of strings
}

TEST_CASE("random texts are the same value in both layouts") {
  RandomJson random(1);
  for (int round = 0; round < 5000; ++round) REQUIRE(holds_together(random.text()));
}

TEST_CASE("random texts with a few bytes lost or doubled are refused or hold together") {
  RandomJson random(2);
  for (int round = 0; round < 5000; ++round) {
    std::string text = random.text();
    for (std::size_t n = 1 + random.below(3); n > 0 && !text.empty(); --n) {
      const std::size_t at = random.below(text.size());
      if (random.below(2) == 0) {
        text.erase(at, 1);
      } else {
        text.insert(at, 1, text[random.below(text.size())]);
      }
    }
    holds_together(text);
  }
}

TEST_CASE("array indices come first, by value, and the other keys as they came") {
  CHECK(compact(R"({"b":1,"10":2,"a":3,"9":4,"0":5})") == R"({"0":5,"9":4,"10":2,"b":1,"a":3})");
  CHECK(compact(R"({"4294967295":1,"4294967294":2})") == R"({"4294967294":2,"4294967295":1})");
  CHECK(compact(R"({"01":1,"-1":2,"1.5":3,"1e3":4," 1":5,"":6,"\u0031":7})") ==
        R"({"1":7,"01":1,"-1":2,"1.5":3,"1e3":4," 1":5,"":6})");
  CHECK(compact(R"([{"a":{"y":1,"2":{"z":1,"3":4}},"1":[{"x":0,"0":0}]}])") ==
        R"([{"1":[{"0":0,"x":0}],"a":{"2":{"3":4,"z":1},"y":1}}])");
  CHECK(indented(R"({"type":"x","3":[1]})") == "{\n  \"3\": [\n    1\n  ],\n  \"type\": \"x\"\n}");
}

TEST_CASE("of equal keys the last value stands at the place of the first") {
  CHECK(compact(R"({"a":1,"b":2,"a":3})") == R"({"a":3,"b":2})");
  CHECK(compact(R"({"a":{"b":[1]},"a":{},"c":0,"a":"long enough to matter"})") ==
        R"({"a":"long enough to matter","c":0})");
  CHECK(compact(R"({"\u0061":1,"a":2})") == R"({"a":2})");
  CHECK(compact(R"({"x":0,"1":1,"x":2,"1":3})") == R"({"1":3,"x":2})");
  CHECK(compact(R"({"__proto__":1,"b":2,"__proto__":3})") == R"({"__proto__":3,"b":2})");
  CHECK(compact("{\"\\ud800\":1,\"\xed\xa0\x80\":2}") == R"({"\ud800":2})");
}

TEST_CASE("the two halves of a character find each other in any spelling") {
  const std::string whole = "\"\xf0\x9f\x98\x80\"";
  CHECK(compact(R"("\ud83d\ude00")") == whole);
  CHECK(compact(R"("\uD83D\uDE00")") == whole);
  CHECK(compact("\"\xed\xa0\xbd\\ude00\"") == whole);
  CHECK(compact("\"\\ud83d\xed\xb8\x80\"") == whole);
  CHECK(compact("\"\xed\xa0\xbd\xed\xb8\x80\"") == whole);
  CHECK(compact(R"("\ud83d\ud83d\ude00\ude00")") == R"("\ud83d)"
                                                    "\xf0\x9f\x98\x80"
                                                    R"(\ude00")");
  CHECK(compact(R"("\uD83D \uDE00")") == R"("\ud83d \ude00")");
  CHECK(compact("\"\xc3\xa9\xed\xa0\xbd\xc3\xa9\"") == "\"\xc3\xa9\\ud83d\xc3\xa9\"");
}

TEST_CASE("strings have one spelling") {
  CHECK(compact(R"("\/\u002f\u0022\u005C\b\u0008\t\u000a\f\r\u000B\u001F\u007f")") ==
        "\"//\\\"\\\\\\b\\b\\t\\n\\f\\r\\u000b\\u001f\x7f\"");
  CHECK(compact(R"("\u2028\u00e9\uffff\u0000")") == "\"\xe2\x80\xa8\xc3\xa9\xef\xbf\xbf\\u0000\"");
}

TEST_CASE("a character that needs attention is found wherever it stands") {
  for (std::size_t length = 0; length < 40; ++length) {
    for (std::size_t at = 0; at <= length; ++at) {
      const std::string before(at, 'x');
      const std::string after(length - at, '~');
      REQUIRE(compact('"' + before + "\\u0041" + after + '"') == '"' + before + 'A' + after + '"');
      REQUIRE(compact('"' + before + "\xc3\xa9" + after + '"') == '"' + before + "\xc3\xa9" + after + '"');
      REQUIRE(compact('"' + before + '\x1f' + after + '"') ==
              "not JSON: control character in a string at byte " + std::to_string(at + 1));
      REQUIRE(compact('"' + before + '\xff' + after + '"') ==
              "not JSON: malformed UTF-8 at byte " + std::to_string(at + 1));
      REQUIRE(json_string(before + '\x1f' + after) == '"' + before + "\\u001f" + after + '"');
      REQUIRE(json_string(before + '"' + after) == '"' + before + "\\\"" + after + '"');
    }
  }
}

TEST_CASE("every text survives being a JSON string") {
  RandomJson random(3);
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (std::size_t n = random.below(40); n > 0; --n) {
      constexpr char32_t limits[] = {0x20, 0x80, 0x80, 0x800, 0x10000, 0x110000};
      const auto c = static_cast<char32_t>(random.below(limits[random.below(std::size(limits))]));
      if (c < 0xd800 || c > 0xdfff) append_utf8(text, c);
    }
    const std::string spelled = json_string(text);
    REQUIRE(text_of(spelled) == text);
    REQUIRE(compact(spelled) == spelled);
  }
  std::string out = "[";
  append_json_string(out, "a\nb");
  CHECK(out == R"(["a\nb")");
}

TEST_CASE("numbers at the edges of a double are those of ECMAScript") {
  CHECK(compact("-0") == "0");
  CHECK(compact("-0.0e5") == "0");
  CHECK(compact("999999999999999") == "999999999999999");
  CHECK(compact("-999999999999999") == "-999999999999999");
  CHECK(compact("9007199254740993") == "9007199254740992");
  CHECK(compact("1e400") == "null");
  CHECK(compact("-1e400") == "null");
  CHECK(compact("1e-400") == "0");
  CHECK(compact("-1e-400") == "0");
  CHECK(compact("0e99999999999999999999999") == "0");
  CHECK(compact("1e99999999999999999999999") == "null");
  CHECK(compact("1e-99999999999999999999999") == "0");
  CHECK(compact("1.7976931348623157e308") == "1.7976931348623157e+308");
  CHECK(compact("1.7976931348623159e308") == "null");
  CHECK(compact("5e-324") == "5e-324");
  CHECK(compact("2.4703282292062327e-324") == "0");
  CHECK(compact("2.4703282292062328e-324") == "5e-324");
  CHECK(compact("1e0000000000000000000000001") == "10");
}

TEST_CASE("numbers of many digits are read to the last one that counts") {
  CHECK(compact("0." + repeated("0", 70000) + "1e70001") == "1");
  CHECK(compact("-1" + repeated("0", 200000) + "e-200000") == "-1");
  CHECK(compact(repeated("9", 400)) == "null");
  CHECK(compact("1" + repeated("0", 2000) + "e-1692") == "1e+308");
  CHECK(compact("0." + repeated("0", 2000) + "4e1700") == "4e-301");
  CHECK(compact("0." + repeated("0", 1000) + "1") == "0");
  // Half way between two doubles, and a digit far behind that decides.
  CHECK(compact("9007199254740993." + repeated("0", 5000)) == "9007199254740992");
  CHECK(compact("9007199254740993." + repeated("0", 5000) + "1") == "9007199254740994");
}

TEST_CASE("200 levels are read and 201 are not") {
  for (const auto& [open, close] :
       {std::pair("[", "]"), std::pair("{\"a\":[", "]}"), std::pair("{\"a\":", "}")}) {
    const std::size_t each =
        std::string_view(open).starts_with('{') && std::string_view(open).ends_with('[') ? 2 : 1;
    const std::string inside = *open == '{' && each == 1 ? "0" : "";
    const std::size_t times = json_max_depth / each;
    CHECK(holds_together(repeated(open, times) + inside + repeated(close, times)));
    CHECK_FALSE(holds_together(repeated(open, times) + "[]" + repeated(close, times)));
  }
  CHECK(compact(repeated("[", 201) + repeated("]", 201)) == "not JSON: deeper than 200 levels at byte 200");
  CHECK(compact(repeated("[", 1000000)) == "not JSON: deeper than 200 levels at byte 200");
  CHECK(holds_together("[" + repeated("[[]],", 1000) + "0]"));
}

TEST_CASE("objects that are made to be slow are not") {
  // A quadratic way would take minutes here; the test has no clock, its run has a time limit.
  std::string keys = "{";
  std::string duplicates = "{";
  std::string falling = "{";
  const std::string prefix(60, 'k');
  constexpr int count = 100000;
  for (int i = 0; i < count; ++i) {
    keys += json_string(prefix + std::to_string(i)) + ":0,";
    duplicates += "\"a\":" + std::to_string(i) + ",";
    falling += json_string(std::to_string(count - i)) + ":0,";
  }
  const auto close = [](std::string& text) { text.back() = '}'; };
  close(keys);
  close(duplicates);
  close(falling);
  CHECK(compact(keys) == keys);
  CHECK(compact(duplicates) == R"({"a":99999})");
  CHECK(compact(falling).starts_with(R"({"1":0,"2":0,"3":0,)"));
  CHECK(compact("\"" + repeated("\xed\xa0\x80", count) + "\"") == "\"" + repeated("\\ud800", count) + "\"");

  const std::string levels =
      repeated(R"({"b":0,"1":)", 200) + "\"" + std::string(20000, 'x') + "\"" + repeated("}", 200);
  CHECK(holds_together(levels));
  CHECK(compact(levels) ==
        repeated(R"({"1":)", 200) + "\"" + std::string(20000, 'x') + "\"" + repeated(R"(,"b":0})", 200));
}

TEST_CASE("an error names the byte where it stopped") {
  CHECK(compact(R"({"type":"post",  "text":1})"
                "x") == "not JSON: unexpected character at byte 26");
  CHECK(compact(R"({"type":"post",  text:1})") == "not JSON: unexpected character at byte 17");
  CHECK(compact(R"({"type":)") == "not JSON: the text ends too early at byte 8");
  CHECK(compact("") == "not JSON: the text ends too early at byte 0");
  CHECK(compact(R"(["a\x"])") == "not JSON: bad escape at byte 3");
  CHECK(compact("[1,02]") == "not JSON: unexpected character at byte 4");
  CHECK(compact("tru") == "not JSON: the text ends too early at byte 3");
  CHECK(compact("[nul]") == "not JSON: unexpected character at byte 4");
  CHECK(compact("\"\xed\xa0\"") == "not JSON: malformed UTF-8 at byte 1");
  CHECK(compact("\xef\xbb\xbf{}") == "not JSON: unexpected character at byte 0");
}

TEST_CASE("a buffer that is used again holds the last text and nothing else") {
  RandomJson random(4);
  std::string kept;
  for (int round = 0; round < 1000; ++round) {
    const std::string text = random.text(random.below(5));
    for (const Layout layout : {Layout::indented, Layout::compact}) {
      REQUIRE(canonical(text, layout, kept));
      REQUIRE(kept == *canonical(text, layout));
    }
  }
  CHECK_FALSE(canonical("[1", Layout::compact, kept));
  CHECK(kept.empty());
}
