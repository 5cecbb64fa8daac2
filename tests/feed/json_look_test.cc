// SPDX-License-Identifier: MIT
#include "feed/json.h"
#include "feed/json_random.h"
#include "vectors.h"

#include <doctest/doctest.h>

#include <memory>

using namespace ssblog;

namespace {

/// Looks at everything in a text that may be no JSON at all. What is handed out lies inside of it.
void look_at_all(std::string_view text, int depth = 0) {
  const auto inside = [&](std::string_view part) {
    REQUIRE(part.data() >= text.data());
    REQUIRE(part.data() + part.size() <= text.data() + text.size());
  };
  (void)text_of(text);
  (void)number_of(text);
  (void)integer_of(text);
  (void)indented_length(text);
  (void)member(text, "text");
  for (Members members(text); members.next();) {
    inside(members.name());
    inside(members.value());
    REQUIRE_FALSE(members.value().empty());
    if (depth < 300) look_at_all(members.value(), depth + 1);
  }
  for (Items items(text); items.next();) {
    inside(items.value());
    REQUIRE_FALSE(items.value().empty());
    if (depth < 300) look_at_all(items.value(), depth + 1);
  }
}

/// As above on a copy of its own, so that the sanitizer sees a byte read beyond the end.
void look_at_copy(std::string_view text) {
  const auto copy = std::make_unique<char[]>(text.size());
  std::copy(text.begin(), text.end(), copy.get());
  look_at_all({copy.get(), text.size()});
}

/// Prints a compact text again from what Members and Items say of it.
std::string print_again(std::string_view value) {
  std::string out;
  if (is_object(value)) {
    for (Members members(value); members.next();) {
      out +=
          (out.empty() ? "{\"" : ",\"") + std::string(members.name()) + "\":" + print_again(members.value());
    }
    return out.empty() ? "{}" : out + "}";
  }
  if (value.starts_with('[')) {
    for (Items items(value); items.next();) out += (out.empty() ? "[" : ",") + print_again(items.value());
    return out.empty() ? "[]" : out + "]";
  }
  if (const auto number = number_of(value)) {
    append_number(out, *number);
    return out;
  }
  return std::string(value);
}

const std::string sample =
    R"({"type":"log","text":"a\\\"b\\\\","empty":[],"none":{},"list":[1,"]",{"a":[true,null]},[2]],"}":{"text":"{"},"n":-1.5})";

}  // namespace

TEST_CASE("the members of an object come in their order and either layout") {
  for (const Layout layout : {Layout::indented, Layout::compact}) {
    const auto text = canonical(sample, layout);
    REQUIRE(text);
    std::vector<std::string> names;
    for (Members members(*text); members.next();) names.emplace_back(members.name());
    CHECK(names == std::vector<std::string>{"type", "text", "empty", "none", "list", "}", "n"});
    CHECK(member(*text, "type") == R"("log")");
    CHECK(member(*text, "text") == R"("a\\\"b\\\\")");
    CHECK(member(*text, "empty") == "[]");
    CHECK(member(*text, "none") == "{}");
    CHECK(member(member(*text, "}"), "text") == R"("{")");
    CHECK(member(*text, "n") == "-1.5");
    CHECK(member(*text, "a").empty());
    CHECK(member(*text, "").empty());
    std::vector<std::string> items;
    for (Items list(member(*text, "list")); list.next();)
      items.push_back(*canonical(list.value(), Layout::compact));
    CHECK(items == std::vector<std::string>{"1", R"("]")", R"({"a":[true,null]})", "[2]"});
  }
}

TEST_CASE("what is no object has no members, what is no array no items") {
  for (const char* text : {"", "[]", "[1]", "\"a\"", "1", "null", "{}", "{"}) {
    CAPTURE(text);
    CHECK_FALSE(Members(text).next());
    CHECK(member(text, "a").empty());
  }
  for (const char* text : {"", "{}", "{\"a\":1}", "\"a\"", "1", "null", "[]", "["}) {
    CAPTURE(text);
    CHECK_FALSE(Items(text).next());
  }
  Members members(R"({"a":1})");
  CHECK(members.next());
  CHECK_FALSE(members.next());
  CHECK_FALSE(members.next());
}

TEST_CASE("random texts are printed again from their members and items") {
  RandomJson random(5);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random.text();
    const auto compact = canonical(text, Layout::compact);
    REQUIRE(compact);
    REQUIRE(print_again(*compact) == *compact);
    REQUIRE(print_again(*canonical(text, Layout::indented)) == *compact);
  }
}

TEST_CASE("a text that is cut short or damaged is looked at without harm") {
  for (const Layout layout : {Layout::indented, Layout::compact}) {
    const std::string text = *canonical(sample, layout);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) look_at_copy(text.substr(0, cut));
    for (std::size_t at = 0; at < text.size(); ++at) {
      std::string changed = text;
      for (int c = 0; c < 256; ++c) {
        changed[at] = static_cast<char>(c);
        look_at_copy(changed);
      }
    }
  }
  RandomJson random(6);
  for (int round = 0; round < 20000; ++round) {
    std::string text = random.below(2) == 0 ? "{" : "[";
    for (std::size_t n = random.below(16); n > 0; --n) text += "{}[],:\"\\ \nu0a1-e."[random.below(18)];
    look_at_copy(text);
  }
}

TEST_CASE("members before a cut are still there and the one that is cut is not") {
  const std::string text = R"({"a":12,"b":"x","c":[1]})";
  const auto count = [](std::string_view object) {
    int n = 0;
    for (Members members(object); members.next();) ++n;
    return n;
  };
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CAPTURE(cut);
    CHECK(count(text.substr(0, cut)) == (cut >= 8) + (cut >= 16) + (cut >= 24));
  }
}

TEST_CASE("the text of a string is read, of other values it is not") {
  CHECK(text_of(R"("")") == "");
  CHECK(text_of(R"("a\"\\\/\b\f\n\r\t\u0001\u001fz")") == "a\"\\/\b\f\n\r\t\x01\x1fz");
  CHECK(text_of("\"\xc3\xa9\xf0\x9f\x98\x80\"") == "\xc3\xa9\xf0\x9f\x98\x80");
  CHECK(text_of(R"("\u0000")") == std::string(1, '\0'));
  CHECK(text_of(R"("a\ud83dz\ude00")") == "a\xef\xbf\xbdz\xef\xbf\xbd");
  for (const char* other : {"", "\"", "a", "1", "null", "[]", "\"a", "a\"", R"("a\")", R"("a"b")", R"("\x")",
                            R"("\u12")", R"("a" )"}) {
    CAPTURE(other);
    CHECK_FALSE(text_of(other));
  }
  std::string kept = "before";
  CHECK(text_of("\"after\"", kept));
  CHECK(kept == "after");
  CHECK_FALSE(text_of("1", kept));
}

TEST_CASE("numbers and integers are read, other values are not") {
  CHECK(number_of("0") == 0.0);
  CHECK(number_of("-1.5") == -1.5);
  CHECK(number_of("1e+21") == 1e21);
  CHECK(number_of("5e-324") == 5e-324);
  CHECK(integer_of("0") == 0);
  CHECK(integer_of("-17") == -17);
  CHECK(integer_of("9007199254740991") == 9007199254740991);
  CHECK(integer_of("-9007199254740991") == -9007199254740991);
  for (const char* other : {"", "-", "\"1\"", "null", "true", "[1]", "inf", "-inf", "nan", "-nan", "1 ", " 1",
                            "1,", "1e", "1e+", "1.", "+1", ".5"}) {
    CAPTURE(other);
    CHECK_FALSE(number_of(other));
    CHECK_FALSE(integer_of(other));
  }
  for (const char* other :
       {"9007199254740992", "-9007199254740992", "1.5", "1e+21", "123456789012345680000", "5e-324"}) {
    CAPTURE(other);
    CHECK(number_of(other));
    CHECK_FALSE(integer_of(other));
  }
}

TEST_CASE("the indented length of a value grows with the level it stands on") {
  for (const char* text :
       {"1", "\"a\"", "{}", "[]", "[1,[2,{}],{\"a\":[]}]", "{\"a\":{\"b\":\"\xf0\x9f\x98\x80\"}}"}) {
    CAPTURE(text);
    const std::string indented = *canonical(text, Layout::indented);
    const auto lines = static_cast<std::size_t>(std::count(indented.begin(), indented.end(), '\n'));
    for (std::size_t level = 0; level < 5; ++level) {
      CHECK(indented_length(text, level) == utf16_length(indented) + 2 * level * lines);
    }
  }
}
