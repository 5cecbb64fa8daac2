// SPDX-License-Identifier: MIT
#include "gossip/message_stream.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <cmath>

namespace ssblog {
namespace {

constexpr int most_looked = 500;  // messages that do not fit, in a turn of the loop

Result<void> read_flag(std::string_view options, std::string_view name, bool& to) {
  const auto value = member(options, name);
  if (value.empty() || value == "null") return {};
  if (value != "true" && value != "false")
    return Error{Code::usage, fmt::format(".{} of param 0 must be of type \"boolean\"", name)};
  to = value == "true";
  return {};
}

Result<std::optional<double>> read_bound(std::string_view options, std::string_view name) {
  const auto value = member(options, name);
  if (value.empty() || value == "null") return std::optional<double>();
  const auto number = number_of(value);
  if (!number) return Error{Code::usage, fmt::format(".{} of param 0 must be of type \"number\"", name)};
  return number;
}

Result<void> read_bounds(std::string_view options, StreamQuery& query) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const std::string_view name : {"gt", "gte", "lt", "lte", "seq", "sequence"}) {
    auto bound = read_bound(options, name);
    if (!bound) return bound.error();
    if (!*bound) continue;
    const double at = **bound;
    if (name == "gt") query.least = std::max(query.least, std::nextafter(at, infinity));
    if (name == "gte") query.least = std::max(query.least, at);
    if (name == "lt") query.most = std::min(query.most, std::nextafter(at, -infinity));
    if (name == "lte") query.most = std::min(query.most, at);
    if (query.by_sequence && name.starts_with("seq")) query.least = std::max(query.least, at);
  }
  auto limit = read_bound(options, "limit");
  if (!limit) return limit.error();
  if (*limit && **limit >= 0) query.limit = static_cast<std::uint64_t>(std::min(**limit, 1e15));
  return {};
}

}  // namespace

Result<StreamQuery> read_stream_query(std::string_view method, std::string_view args) {
  Items items(args);
  const std::string_view first = items.next() ? items.value() : std::string_view();
  StreamQuery query;
  if (method == "messagesByType") {
    const auto type = text_of(is_object(first) ? member(first, "type") : first);
    if (!type || type->empty()) return Error{Code::usage, "messagesByType: say a type"};
    query.type = *type;
  } else if (method != "createLogStream") {
    const auto text = text_of(is_object(first) ? member(first, "id") : first);
    const auto id = text ? parse_feed_id(*text) : std::nullopt;
    if (!id) return Error{Code::usage, fmt::format("{}: .id must be the id of a feed", method)};
    query.feed = *id;
    query.by_sequence = true;
    query.marks = method != "createHistoryStream";
  }
  if (!is_object(first)) return query;
  if (auto read = read_bounds(first, query); !read) return read.error();
  bool marks = query.marks;
  for (const auto& [name, to] : {std::pair("reverse", &query.reverse), std::pair("keys", &query.keys),
                                 std::pair("values", &query.values), std::pair("live", &query.live),
                                 std::pair("old", &query.old), std::pair("sync", &marks)}) {
    if (auto read = read_flag(first, name, *to); !read) return read.error();
  }
  query.marks = query.marks && marks;
  return query;
}

MessageStream::MessageStream(Store& store, StreamQuery query)
    : store_(store), query_(std::move(query)), left_(query_.limit) {}

Result<std::optional<std::string>> MessageStream::next() {
  const auto direction = query_.reverse ? Receipts::Direction::backward : Receipts::Direction::forward;
  if (!receipts_) {
    std::optional<FeedNumber> number;
    if (query_.feed) {
      auto row = store_.feed(*query_.feed);
      if (!row) return row.error();
      if (!*row) {
        over_ = !query_.live;
        return std::optional<std::string>();
      }
      number = (*row)->number;
    }
    receipts_.emplace(store_, direction, number);
  }
  if (!std::exchange(begun_, true) && !query_.old) {
    if (auto skipped = receipts_->skip_all(); !skipped) return skipped.error();
    old_over_ = true;
  }
  looking_ = false;
  for (int looked = 0; !over_; ++looked) {
    if (looked == most_looked) {
      looking_ = true;
      break;
    }
    auto entry =
        left_ == std::uint64_t{0} ? Result<std::optional<Receipts::Entry>>(std::nullopt) : receipts_->next();
    if (!entry) return entry.error();
    if (!*entry) {
      over_ = !query_.live || query_.reverse || left_ == std::uint64_t{0};
      if (over_ || std::exchange(old_over_, true) || !query_.marks) return std::optional<std::string>();
      return std::optional<std::string>(R"({"sync":true})");
    }
    auto item = item_of(**entry);
    if (!item) return item.error();
    if (!*item) continue;
    if (left_) --*left_;
    return item;
  }
  return std::optional<std::string>();
}

Result<std::optional<std::string>> MessageStream::item_of(const Receipts::Entry& entry) {
  if (is_beyond(entry)) return std::optional<std::string>();
  auto text = store_.message(RowId::of(entry.feed, entry.sequence));
  if (!text) return text.error();
  if (text->empty()) return std::optional<std::string>();
  if (!query_.type.empty() && text_of(member(member(*text, "content"), "type")) != query_.type)
    return std::optional<std::string>();
  MessageKey key{};
  if (query_.keys) {
    FeedRow row;
    row.number = entry.feed;
    const auto author = text_of(member(*text, "author"));
    const auto id = author ? parse_feed_id(*author) : std::nullopt;
    auto held = id ? store_.feed(*id) : Result<std::optional<FeedRow>>(std::nullopt);
    if (!held) return held.error();
    if (!*held) return std::optional<std::string>();
    auto found = store_.key_of(**held, entry.sequence);
    if (!found) return found.error();
    if (*found) key = **found;
  }
  return std::optional(message_item(*text, key, entry.received, query_.keys, query_.values));
}

bool MessageStream::is_beyond(const Receipts::Entry& entry) const {
  const double at =
      query_.by_sequence ? static_cast<double>(entry.sequence) : static_cast<double>(entry.received);
  return at < query_.least || at > query_.most;
}

std::string message_item(std::string_view text, const MessageKey& key, Millis received, bool keys,
                         bool values) {
  if (!values) return fmt::format("\"{}\"", to_text(key));
  if (!keys) return std::string(text);
  return fmt::format(R"({{"key":"{}","value":{},"timestamp":{}}})", to_text(key), text, received);
}

}  // namespace ssblog
