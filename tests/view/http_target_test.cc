// SPDX-License-Identifier: MIT
#include "view/http_target.h"

#include "view/newest.h"

#include <doctest/doctest.h>

using namespace ssblog;

namespace {

using Parts = std::vector<std::string>;

HttpTarget target(std::string_view text) {
  auto parsed = parse_target(text);
  REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}

}  // namespace

TEST_CASE("what a parameter names may have a NUL, as names of streams may") {
  const auto target = parse_target("/hosts/nas/logs?file=a%00b");
  REQUIRE(target);
  CHECK(target->parameter("file") == std::string("a\0b", 3));
}

TEST_CASE("parts and parameters of an address") {
  CHECK(target("/").parts.empty());
  CHECK(target("/hosts/nas/").parts == Parts{"hosts", "nas"});
  CHECK(target("/hosts/n%C3%A4s%2Fx").parts == Parts{"hosts", "n\xc3\xa4s/x"});
  CHECK(target("/a+b").parts == Parts{"a+b"});
  const HttpTarget both = target("/hosts/nas/logs?filter=a+b%26c&count=2&&empty=&bare#fragment");
  CHECK(both.parts == Parts{"hosts", "nas", "logs"});
  CHECK(both.parameter("filter") == "a b&c");
  CHECK(both.parameter("count") == "2");
  CHECK(both.parameter("empty") == "");
  CHECK(both.parameter("bare") == "");
  CHECK_FALSE(both.parameter("other"));
}

TEST_CASE("what is no address") {
  for (const char* text : {"", "hosts", "http://x/", "*", "//", "/a//b", "/.", "/a/../b", "/a/%2e%2E/b", "/%",
                           "/%4", "/%zz", "/%00", "/%ff", "/?a=%ff", "/?a=1&a=2", "/1/2/3/4/5/6/7/8/9"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_target(text));
  }
  CHECK(parse_target("/" + std::string(HttpTarget::longest - 1, 'a')));
  CHECK_FALSE(parse_target("/" + std::string(HttpTarget::longest, 'a')));
  std::string many = "/?a0";
  for (std::size_t i = 1; i < HttpTarget::most_parameters; ++i) many += "&a" + std::to_string(i);
  CHECK(parse_target(many));
  CHECK_FALSE(parse_target(many + "&one=more"));
}

TEST_CASE("what is encoded is read again") {
  std::string all;
  for (int c = 1; c < 0x80; ++c) all += static_cast<char>(c);
  all += "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
  CHECK(target("/" + percent_encoded(all)).parts == Parts{all});
  CHECK(target("/?a=" + percent_encoded(all)).parameter("a") == all);
}

TEST_CASE("a cursor is read as it is written, and nothing else is one") {
  LinePosition position{1'795'318'817'992, {}, 655, 3};
  position.feed.bytes.fill(0xfe);
  const std::string text = to_cursor(position);
  CHECK(parse_cursor(text) == position);
  CHECK(parse_cursor(to_cursor(LinePosition{})) == LinePosition{});
  CHECK_FALSE(parse_cursor(""));
  CHECK_FALSE(parse_cursor("x"));
  CHECK_FALSE(parse_cursor(text + "AAAA"));
  CHECK_FALSE(parse_cursor(text.substr(4)));
  CHECK_FALSE(parse_cursor(std::string(text.size(), '_')));
  CHECK_FALSE(parse_cursor(std::string(100'000, 'A')));
}
