// SPDX-License-Identifier: MIT
#include "gossip/protocol/history.h"

#include "feed/json.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace ssblog;

namespace {

const std::string id_text = to_text(FeedId{});

std::optional<HistoryQuery> parse(const std::string& options) {
  return parse_history(fmt::format(R"([{{"id":"{}"{}}}])", id_text, options));
}

}  // namespace

TEST_CASE("a query has the defaults of the reference") {
  CHECK(parse("") == HistoryQuery{});
  CHECK(parse(R"(,"live":true,"keys":false,"old":false,"limit":7)") ==
        HistoryQuery{{}, 1, 7, true, false, false});
  CHECK(parse(R"(,"limit":-1)") == HistoryQuery{});
}

TEST_CASE("`sequence` wins over `seq`, and no sequence is below the first") {
  CHECK(parse(R"(,"seq":5)")->from == 5);
  CHECK(parse(R"(,"seq":5,"sequence":9)")->from == 9);
  for (const char* low : {"0", "-3", "null", "\"4\"", "1.5"})
    CHECK(parse(fmt::format(R"(,"seq":{})", low))->from == 1);
  CHECK(parse(R"(,"seq":9007199254740991)")->from == max_sequence);
}

TEST_CASE("the positional form is answered, and what is no id is not") {
  CHECK(parse_history(fmt::format(R"(["{}",3,true])", id_text)) ==
        HistoryQuery{{}, 3, std::nullopt, true, true, true});
  CHECK(parse_history(fmt::format(R"(["{}"])", id_text)) == HistoryQuery{});
  for (const char* bad : {"[]", "[7]", R"([{"id":"x"}])", R"([{}])", R"(["x"])"})
    CHECK_FALSE(parse_history(bad));
}

TEST_CASE("what we ask is what we would answer") {
  const auto args = history_args(FeedId{}, 12, true);
  CHECK(canonical(args, Layout::compact).operator bool());
  CHECK(parse_history(args) == HistoryQuery{{}, 12, std::nullopt, true, true, false});
}

TEST_CASE("an item with its key is JSON around the message") {
  std::string item;
  append_history_item(item, R"({"a":1})", MessageKey{}, 12.5);
  CHECK(item == fmt::format(R"({{"key":"{}","value":{{"a":1}},"timestamp":12.5}})", to_text(MessageKey{})));
}
