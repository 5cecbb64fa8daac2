// SPDX-License-Identifier: MIT
#include "assemble/merged_state.h"

#include "feed/json.h"
#include "store/files.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace ssblog {
namespace {

constexpr std::size_t most_checkpoints = 1024;
constexpr std::size_t longest_state = 64 * 1024 * 1024;
constexpr std::string_view version = "1";

std::string format(const Checkpoint& checkpoint) {
  return fmt::format("[{},{},\"{}\",{},{}]", checkpoint.offset, checkpoint.next.order,
                     to_text(checkpoint.next.feed), checkpoint.next.sequence, checkpoint.next.line);
}

std::optional<Checkpoint> parse_checkpoint(std::string_view array) {
  Items items(array);
  std::int64_t numbers[4] = {};
  std::optional<FeedId> feed;
  int at = 0;
  for (int item = 0; items.next(); ++item) {
    if (item == 2) {
      feed = parse_feed_id(text_of(items.value()).value_or(""));
      continue;
    }
    const auto number = integer_of(items.value());
    if (!number || *number < 0 || at == 4) return std::nullopt;
    numbers[at++] = *number;
  }
  if (at != 4 || !feed) return std::nullopt;
  return Checkpoint{
      static_cast<std::uint64_t>(numbers[0]),
      {numbers[1], *feed, static_cast<Seq>(numbers[2]), static_cast<std::uint32_t>(numbers[3])}};
}

std::optional<MergedState> parse(std::string_view object) {
  MergedState state;
  const auto text = [&](std::string_view name) { return text_of(member(object, name)).value_or(""); };
  if (member(object, "version") != version) return std::nullopt;
  state.store = text("store");
  state.selection = text("selection");
  state.tail = text("tail");
  state.stamp = text("stamp");
  state.begun = integer_of(member(object, "begun")).value_or(0);
  const auto end = parse_checkpoint(member(object, "end"));
  if (!end) return std::nullopt;
  state.end = *end;
  for (Members feeds(member(object, "feeds")); feeds.next();) {
    const auto id = parse_feed_id(feeds.name());
    Items tip(feeds.value());
    const auto sequence = tip.next() ? integer_of(tip.value()) : std::nullopt;
    const auto key = tip.next() ? parse_message_key(text_of(tip.value()).value_or("")) : std::nullopt;
    if (!id || !sequence || !key) return std::nullopt;
    state.feeds[*id] = {static_cast<Seq>(*sequence), *key};
  }
  for (Items checkpoints(member(object, "checkpoints")); checkpoints.next();) {
    const auto checkpoint = parse_checkpoint(checkpoints.value());
    if (!checkpoint) return std::nullopt;
    state.checkpoints.push_back(*checkpoint);
  }
  return state;
}

}  // namespace

void MergedState::add_checkpoint(const Checkpoint& checkpoint) {
  if (!checkpoints.empty() && checkpoints.back().offset >= checkpoint.offset) return;
  checkpoints.push_back(checkpoint);
  if (checkpoints.size() <= most_checkpoints) return;
  // Late lines are mostly a little late: of the older half every second place is enough.
  std::vector<Checkpoint> kept;
  for (std::size_t i = 0; i < checkpoints.size(); ++i) {
    if (i % 2 == 0 || i > checkpoints.size() / 2) kept.push_back(checkpoints[i]);
  }
  checkpoints = std::move(kept);
}

Checkpoint MergedState::cut_before(const LinePosition& position) {
  while (!checkpoints.empty() && checkpoints.back().next > position) checkpoints.pop_back();
  return checkpoints.empty() ? Checkpoint{} : checkpoints.back();
}

std::string state_path(const std::string& output) {
  const std::string directory = directory_of(output);
  const auto slash = output.rfind('/');
  const std::string name = slash == std::string::npos ? output : output.substr(slash + 1);
  return fmt::format("{}/.{}.ssblog", directory, name);
}

std::optional<MergedState> load_state(const std::string& output) {
  const auto text = read_file(state_path(output), longest_state);
  if (!text) return std::nullopt;
  const auto object = canonical(*text, Layout::compact);
  return object ? parse(*object) : std::nullopt;
}

Result<void> save_state(const std::string& output, const MergedState& state) {
  std::string feeds;
  for (const auto& [id, tip] : state.feeds) {
    fmt::format_to(std::back_inserter(feeds), "{}\n\"{}\":[{},\"{}\"]", feeds.empty() ? "" : ",", to_text(id),
                   tip.sequence, to_text(tip.key));
  }
  std::string checkpoints;
  for (const Checkpoint& checkpoint : state.checkpoints) {
    checkpoints += checkpoints.empty() ? "\n" : ",\n";
    checkpoints += format(checkpoint);
  }
  const std::string text = fmt::format(
      "{{\"version\":{},\"store\":{},\"selection\":{},\"end\":{},\"tail\":{},\"stamp\":{},\"begun\":{},"
      "\n\"feeds\":{{{}}},"
      "\n\"checkpoints\":[{}]}}\n",
      version, json_string(state.store), json_string(state.selection), format(state.end),
      json_string(state.tail), json_string(state.stamp), state.begun, feeds, checkpoints);
  return replace_file(state_path(output), text, S_IRUSR | S_IWUSR);
}

}  // namespace ssblog
