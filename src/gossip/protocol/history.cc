// SPDX-License-Identifier: MIT
#include "gossip/protocol/history.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

/// A sequence as JavaScript would compare it: fractions are passed over upwards.
std::optional<Seq> sequence_of(std::string_view value) {
  const auto integer = integer_of(value);
  if (!integer) return std::nullopt;
  return static_cast<Seq>(std::clamp<std::int64_t>(*integer, 0, max_sequence));
}

bool flag(std::string_view value, bool otherwise) {
  if (value == "true") return true;
  return value == "false" ? false : otherwise;
}

std::optional<FeedId> id_of(std::string_view value) {
  const auto text = text_of(value);
  return text ? parse_feed_id(*text) : std::nullopt;
}

std::optional<HistoryQuery> parse_positional(std::string_view args) {
  std::array<std::string_view, 3> values{};
  std::size_t count = 0;
  for (Items items(args); items.next() && count < values.size();) values[count++] = items.value();
  const auto id = id_of(values[0]);
  if (!id) return std::nullopt;
  HistoryQuery query;
  query.id = *id;
  if (count > 1) query.from = std::max<Seq>(sequence_of(values[1]).value_or(1), 1);
  query.live = flag(values[2], false);
  return query;
}

}  // namespace

std::optional<HistoryQuery> parse_history(std::string_view args) {
  Items items(args);
  if (!items.next()) return std::nullopt;
  const std::string_view options = items.value();
  if (!is_object(options)) return parse_positional(args);
  const auto id = id_of(member(options, "id"));
  if (!id) return std::nullopt;
  HistoryQuery query;
  query.id = *id;
  auto from = sequence_of(member(options, "sequence"));
  if (!from) from = sequence_of(member(options, "seq"));
  query.from = std::max<Seq>(from.value_or(1), 1);
  if (const auto limit = integer_of(member(options, "limit")); limit && *limit >= 0)
    query.limit = static_cast<Seq>(std::min<std::int64_t>(*limit, max_sequence));
  query.live = flag(member(options, "live"), false);
  query.old = flag(member(options, "old"), true);
  query.keys = flag(member(options, "keys"), true);
  return query;
}

std::string history_args(const FeedId& id, Seq from, bool live) {
  return fmt::format(R"([{{"id":"{}","seq":{},"live":{},"keys":false}}])", to_text(id), from, live);
}

std::string history_args_of_one(const FeedId& id, Seq sequence) {
  return fmt::format(R"([{{"id":"{}","seq":{},"limit":1,"live":false,"keys":false}}])", to_text(id),
                     sequence);
}

void append_history_item(std::string& out, std::string_view message, const MessageKey& key,
                         double timestamp) {
  fmt::format_to(std::back_inserter(out), R"({{"key":"{}","value":{},"timestamp":)", to_text(key), message);
  append_number(out, timestamp);
  out += '}';
}

}  // namespace ssblog
