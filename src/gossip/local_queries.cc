// SPDX-License-Identifier: MIT
#include "gossip/local_queries.h"

#include "feed/json.h"
#include "gossip/circle.h"
#include "gossip/message_stream.h"

#include <fmt/format.h>

#include <array>
#include <map>

namespace ssblog {
namespace {

struct LocalMethod {
  std::string_view name;
  std::string_view kind;  ///< as the manifest says it
};

constexpr std::array table = {
    LocalMethod{"manifest", "sync"},          LocalMethod{"whoami", "sync"},
    LocalMethod{"version", "sync"},           LocalMethod{"status", "sync"},
    LocalMethod{"publish", "async"},          LocalMethod{"get", "async"},
    LocalMethod{"getLatest", "async"},        LocalMethod{"latestSequence", "async"},
    LocalMethod{"getVectorClock", "async"},   LocalMethod{"latest", "source"},
    LocalMethod{"createLogStream", "source"}, LocalMethod{"createUserStream", "source"},
    LocalMethod{"messagesByType", "source"},  LocalMethod{"createHistoryStream", "source"},
    LocalMethod{"friends.hops", "async"},     LocalMethod{"friends.isFollowing", "async"},
    LocalMethod{"gossip.peers", "sync"},      LocalMethod{"gossip.connect", "async"},
};

constexpr auto rpc_table = [] {
  std::array<RpcMethod, table.size()> methods{};
  for (std::size_t i = 0; i < table.size(); ++i)
    methods[i] = {table[i].name, table[i].kind == "source" ? RpcKind::source : RpcKind::async};
  return methods;
}();

std::string_view first_of(std::string_view args) {
  Items items(args);
  return items.next() ? items.value() : std::string_view();
}

Result<FeedId> id_of(std::string_view value, std::string_view what) {
  const auto text = text_of(value);
  const auto id = text ? parse_feed_id(*text) : std::nullopt;
  if (!id) return Error{Code::usage, fmt::format("{} must be the id of a feed", what)};
  return *id;
}

Result<FeedRow> held_feed(Store& store, std::string_view value) {
  auto id = id_of(value, "param 0");
  if (!id) return id.error();
  auto row = store.feed(*id);
  if (!row) return row.error();
  if (!*row || !(*row)->tip) return Error{Code::no_input, fmt::format("not found:{}", to_text(*id))};
  return **row;
}

Result<std::string> get_latest(Store& store, std::string_view args) {
  auto row = held_feed(store, first_of(args));
  if (!row) return row.error();
  auto text = store.message(RowId::of(row->number, row->tip->sequence));
  if (!text) return text.error();
  return fmt::format(R"({{"key":"{}","value":{}}})", to_text(row->tip->key), *text);
}

Result<std::string> vector_clock(Store& store) {
  auto rows = store.feeds();
  if (!rows) return rows.error();
  std::string clock = "{";
  for (const FeedRow& row : *rows) {
    if (row.tip)
      clock += fmt::format("{}\"{}\":{}", clock.size() > 1 ? "," : "", to_text(row.id), row.tip->sequence);
  }
  return clock + "}";
}

Result<std::string> friends_hops(Store& store, std::string_view args, FeedId start, int most) {
  const auto options = first_of(args);
  if (member(options, "reverse") == "true")
    return Error{Code::usage, "friends.hops: reverse is not known here"};
  if (const auto value = member(options, "start"); !value.empty()) {
    auto id = id_of(value, "start");
    if (!id) return id.error();
    start = *id;
  }
  if (const auto value = integer_of(member(options, "max")))
    most = static_cast<int>(std::clamp<std::int64_t>(*value, 0, 100));
  PeerBook book(store);
  auto circle = read_circle(book, start, most);
  if (!circle) return circle.error();
  std::string answer = "{";
  for (const auto& [id, far] : circle->distance)
    answer += fmt::format("{}\"{}\":{}", answer.size() > 1 ? "," : "", to_text(id), far);
  return answer + "}";
}

Result<std::string> is_following(Store& store, std::string_view args) {
  auto source = id_of(member(first_of(args), "source"), "source");
  if (!source) return source.error();
  auto dest = id_of(member(first_of(args), "dest"), "dest");
  if (!dest) return dest.error();
  auto relation = relation_of(store, *source, *dest);
  if (!relation) return relation.error();
  return std::string(*relation == Relation::follows ? "true" : "false");
}

}  // namespace

std::span<const RpcMethod> local_methods() { return rpc_table; }

std::string local_manifest() {
  std::map<std::string_view, std::string> groups;
  std::string manifest = "{";
  const auto add = [](std::string& object, std::string_view name, std::string_view value) {
    object += fmt::format("{}\"{}\":{}", object.size() > 1 ? "," : "", name, value);
  };
  for (const LocalMethod& method : table) {
    const auto dot = method.name.find('.');
    const std::string kind = fmt::format("\"{}\"", method.kind);
    if (dot == method.name.npos) {
      add(manifest, method.name, kind);
    } else {
      auto& group = groups.try_emplace(method.name.substr(0, dot), "{").first->second;
      add(group, method.name.substr(dot + 1), kind);
    }
  }
  for (const auto& [name, group] : groups) add(manifest, name, group + "}");
  return manifest + "}";
}

bool is_local_query(std::string_view method) {
  for (const std::string_view name : {"manifest", "whoami", "version", "getLatest", "latestSequence",
                                      "getVectorClock", "friends.hops", "friends.isFollowing"}) {
    if (method == name) return true;
  }
  return false;
}

Result<std::string> local_query(std::string_view method, std::string_view args, Store& store,
                                const FeedId& own, int hops) {
  if (method == "manifest") return local_manifest();
  if (method == "whoami") return fmt::format(R"({{"id":"{}"}})", to_text(own));
  if (method == "version") return std::string("\"" SSBLOG_VERSION "\"");
  if (method == "getLatest") return get_latest(store, args);
  if (method == "getVectorClock") return vector_clock(store);
  if (method == "friends.hops") return friends_hops(store, args, own, hops);
  if (method == "friends.isFollowing") return is_following(store, args);
  auto row = held_feed(store, first_of(args));
  if (!row) return row.error();
  return std::to_string(row->tip->sequence);
}

Result<std::vector<std::string>> latest_items(Store& store) {
  auto rows = store.feeds();
  if (!rows) return rows.error();
  std::vector<std::string> items;
  for (const FeedRow& row : *rows) {
    if (!row.tip) continue;
    std::string item = fmt::format(R"({{"id":"{}","sequence":{},"ts":)", to_text(row.id), row.tip->sequence);
    append_number(item, row.timestamp);
    items.push_back(item + "}");
  }
  return items;
}

Result<std::string> find_message(const Home& home, std::string_view args) {
  const auto first = first_of(args);
  const bool meta = is_object(first) && member(first, "meta") == "true";
  const auto text = text_of(is_object(first) ? member(first, "id") : first);
  const auto wanted = text ? parse_message_key(*text) : std::nullopt;
  if (!wanted) return Error{Code::usage, "get: say the key of a message"};
  auto store = open_to_read(home);
  if (!store) return store.error();
  auto snapshot = ReadTransaction::begin(store->database());
  if (!snapshot) return snapshot.error();
  auto rows = store->feeds();
  if (!rows) return rows.error();
  // A message names the key of the one before it: the key of the tip is known, the others are read on the way down.
  std::map<FeedNumber, MessageKey> keys;
  for (const FeedRow& row : *rows) {
    if (row.tip) keys[row.number] = row.tip->key;
  }
  Receipts receipts(*store, Receipts::Direction::backward);
  for (;;) {
    auto entry = receipts.next();
    if (!entry) return entry.error();
    if (!*entry) return Error{Code::no_input, fmt::format("Key not found in database [{}]", *text)};
    auto message = store->message(RowId::of((*entry)->feed, (*entry)->sequence));
    if (!message) return message.error();
    MessageKey& key = keys[(*entry)->feed];
    if (key == *wanted) return meta ? message_item(*message, key, (*entry)->received) : *message;
    const auto previous = text_of(member(*message, "previous"));
    key = (previous ? parse_message_key(*previous) : std::nullopt).value_or(MessageKey{});
  }
}

}  // namespace ssblog
