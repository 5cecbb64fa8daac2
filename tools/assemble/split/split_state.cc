// SPDX-License-Identifier: MIT
#include "assemble/split/split_state.h"

#include "feed/json.h"
#include "store/files.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace ssblog {
namespace {

constexpr std::size_t longest_state = 16 * 1024 * 1024;
constexpr std::string_view version = "1";

std::string state_of(const std::string& place) { return place + "-split"; }

std::string format_tips(const FeedTips& tips) {
  std::string text;
  for (const auto& [id, tip] : tips) {
    fmt::format_to(std::back_inserter(text), "{}\n\"{}\":[{},\"{}\"]", text.empty() ? "" : ",", to_text(id),
                   tip.sequence, to_text(tip.key));
  }
  return "{" + text + "}";
}

std::optional<FeedTips> parse_tips(std::string_view object) {
  FeedTips tips;
  for (Members feeds(object); feeds.next();) {
    const auto id = parse_feed_id(feeds.name());
    Items tip(feeds.value());
    const auto sequence = tip.next() ? integer_of(tip.value()) : std::nullopt;
    const auto key = tip.next() ? parse_message_key(text_of(tip.value()).value_or("")) : std::nullopt;
    if (!id || !sequence || !key) return std::nullopt;
    tips[*id] = {static_cast<Seq>(*sequence), *key};
  }
  return tips;
}

}  // namespace

std::optional<SplitState> load_split_state(const std::string& place) {
  const auto text = read_file(state_of(place), longest_state);
  const auto object = text ? canonical(*text, Layout::compact) : Result<std::string>(text.error());
  if (!object || member(*object, "version") != version) return std::nullopt;
  SplitState state;
  state.store = text_of(member(*object, "store")).value_or("");
  state.wanted = text_of(member(*object, "wanted")).value_or("");
  auto feeds = parse_tips(member(*object, "feeds"));
  if (!feeds) return std::nullopt;
  state.feeds = std::move(*feeds);
  if (const auto pass = member(*object, "pass"); !pass.empty()) {
    state.pass = parse_tips(pass);
    if (!state.pass) return std::nullopt;
  }
  return state;
}

Result<std::string> why_not_gone_on(Store& store, const std::vector<FeedRow>& feeds,
                                    const std::optional<SplitState>& state, const std::string& store_id,
                                    const std::string& wanted) {
  if (!state) return std::string("nothing is known of them");
  if (state->store != store_id) return std::string("they were made from another store");
  if (state->wanted != wanted) return std::string("they were made with other options");
  auto missing = feed_not_held(store, feeds, state->pass ? *state->pass : state->feeds);
  if (!missing) return missing.error();
  if (!*missing) return std::string();
  return fmt::format("messages of feed {} that they show are not held any more", short_id(**missing));
}

Result<void> save_split_state(const std::string& place, const SplitState& state) {
  return replace_file(
      state_of(place),
      fmt::format("{{\"version\":{},\"store\":{},\"wanted\":{},\n\"feeds\":{}{}}}\n", version,
                  json_string(state.store), json_string(state.wanted), format_tips(state.feeds),
                  state.pass ? ",\n\"pass\":" + format_tips(*state.pass) : ""),
      S_IRUSR | S_IWUSR);
}

}  // namespace ssblog
