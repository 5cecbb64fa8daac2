// SPDX-License-Identifier: MIT
#include "cli/pick_feeds.h"

#include "assemble/escape.h"

#include "feed/result.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace ssblog {
namespace {

constexpr std::size_t shortest_prefix = 6;
constexpr std::size_t most_listed = 10;

struct Known {
  FeedId id;
  std::string url;  ///< URL-safe base64 of the id
  std::string name;
};

Result<std::vector<Known>> known_feeds(Store& store) {
  auto rows = store.feeds();
  if (!rows) return rows.error();
  std::vector<Known> known;
  for (const FeedRow& row : *rows) {
    if (!row.tip) continue;
    auto name = store.name_before(row.number, row.tip->sequence + 1);
    if (!name) return name.error();
    known.push_back({row.id, to_base64_url(row.id.view()), std::move(*name)});
  }
  return known;
}

/// The beginning of an id as it is compared; empty when the word is none.
std::string prefix_of(std::string_view word) {
  if (const auto at = word.rfind('@'); at != std::string_view::npos) word.remove_prefix(at + 1);
  std::string prefix(word);
  std::replace(prefix.begin(), prefix.end(), '+', '-');
  std::replace(prefix.begin(), prefix.end(), '/', '_');
  return prefix.size() < shortest_prefix ? std::string() : prefix;
}

std::string list(const std::vector<const Known*>& feeds) {
  std::string text;
  for (std::size_t i = 0; i < std::min(feeds.size(), most_listed); ++i) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", to_text(feeds[i]->id));
    if (!feeds[i]->name.empty()) text += fmt::format(" ({})", escape_name(feeds[i]->name));
  }
  if (feeds.size() > most_listed) text += fmt::format(" and {} more", feeds.size() - most_listed);
  return text;
}

Result<FeedId> pick(const std::vector<Known>& known, const std::string& word) {
  if (const auto id = parse_feed_id(word)) {
    if (std::any_of(known.begin(), known.end(), [&](const Known& feed) { return feed.id == *id; }))
      return *id;
    return Error{Code::usage, fmt::format("no message of feed {} is held here", word)};
  }
  const std::string prefix = prefix_of(word);
  std::vector<const Known*> fitting;
  for (const Known& feed : known) {
    const bool by_id = !prefix.empty() && feed.url.starts_with(prefix);
    if (by_id || (!word.empty() && feed.name == word)) fitting.push_back(&feed);
  }
  if (fitting.size() == 1) return fitting.front()->id;
  if (!fitting.empty()) {
    return Error{Code::usage, fmt::format("\"{}\" fits several feeds, say which: {}", word, list(fitting))};
  }
  std::vector<const Known*> all;
  for (const Known& feed : known) all.push_back(&feed);
  return Error{Code::usage, all.empty()
                                ? fmt::format("no feed \"{}\" is held here: the store is empty", word)
                                : fmt::format("no feed \"{}\" is held here; there are {}", word, list(all))};
}

}  // namespace

Result<std::vector<FeedId>> pick_feeds(Store& store, std::span<const std::string> words) {
  std::vector<FeedId> picked;
  if (words.empty()) return picked;
  auto known = known_feeds(store);
  if (!known) return known.error();
  for (const std::string& word : words) {
    auto id = pick(*known, word);
    if (!id) return id.error();
    if (std::find(picked.begin(), picked.end(), *id) == picked.end()) picked.push_back(*id);
  }
  return picked;
}

}  // namespace ssblog
