// SPDX-License-Identifier: MIT
#include "view/newest.h"

#include "feed/json.h"
#include "store/feed_writer.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ssblog;

namespace {

constexpr Millis noon = 1'795'262'400'000;

std::string log_of(std::string_view text) {
  return fmt::format(R"({{"type":"log","source":"nas","job":"web","stream":"stdout","text":{}}})",
                     json_string(text));
}

/// Two feeds with `many` lines of the very same ms each: in messages of one line, and of several.
Store crowded_store(std::size_t many) {
  Store store = empty_store();
  FeedWriter one{keys_of(1), {}, {}}, other{keys_of(2), {}, {}};
  for (std::size_t i = 0; i < many; ++i) one.say(log_of(fmt::format("one {}", i)), noon);
  for (std::size_t i = 0; i < many; i += 3)
    other.say(log_of(fmt::format("other {}\nother {}\nother {}", i, i + 1, i + 2)), noon);
  one.say(log_of("the newest"), noon + 1);
  one.import_to(store);
  other.import_to(store);
  return store;
}

Result<void> write_text(Sweep&, const SweptLine& line, std::string& row) {
  row = line.bytes;
  return {};
}

/// All lines, the oldest first, as the sweep has them.
std::vector<std::string> all_of(Store& store) {
  std::vector<std::string> all;
  auto sweep = Sweep::begin(store, {}, {});
  REQUIRE(sweep);
  SweptLine line;
  for (;;) {
    auto more = sweep->next(line);
    REQUIRE(more);
    if (!*more) return all;
    all.emplace_back(line.bytes);
  }
}

}  // namespace

TEST_CASE("page by page each line comes once, the newest first, though all are of one ms") {
  constexpr std::size_t many = 60;
  Store store = crowded_store(many);
  auto all = all_of(store);
  std::reverse(all.begin(), all.end());
  REQUIRE(all.size() == 2 * many + 1);
  for (const std::size_t count : {1, 2, 7, 60, 120, 121, 500}) {
    std::vector<std::string> read;
    std::optional<LinePosition> before;
    for (;;) {
      auto page = newest_lines(store, {}, before, count, write_text);
      REQUIRE(page);
      REQUIRE((!page->rows.empty() && page->rows.size() <= count));
      read.insert(read.end(), page->rows.begin(), page->rows.end());
      if (!page->next) break;
      // As a client gives it back.
      before = parse_cursor(to_cursor(*page->next));
      REQUIRE(before == page->next);
      REQUIRE(read.size() < all.size());
    }
    CHECK(read == all);
  }
}

TEST_CASE("a page before a line that is not there ends where it would stand") {
  Store store = crowded_store(3);
  const auto page = [&](const LinePosition& before) {
    auto got = newest_lines(store, {}, before, 100, write_text);
    REQUIRE(got);
    CHECK_FALSE(got->next);
    return got->rows;
  };
  CHECK(page({noon, {}, 0, 0}).empty());
  CHECK(page({noon + 1, {}, 0, 0}).size() == 6);
  CHECK(page({max_time, {}, max_sequence, 0}).size() == 7);
}

TEST_CASE("what is no cursor is none") {
  const std::string good = to_cursor({noon, keys_of(1).id(), 7, 2});
  REQUIRE(parse_cursor(good));
  CHECK_FALSE(parse_cursor(""));
  CHECK_FALSE(parse_cursor("x"));
  CHECK_FALSE(parse_cursor(good.substr(1)));
  CHECK_FALSE(parse_cursor(good + "AAAA"));
  CHECK_FALSE(parse_cursor("*" + good.substr(1)));
  CHECK_FALSE(parse_cursor(to_cursor({max_time + 1, keys_of(1).id(), 7, 2})));
  CHECK_FALSE(parse_cursor(to_cursor({noon, keys_of(1).id(), max_sequence + 1, 2})));
}
