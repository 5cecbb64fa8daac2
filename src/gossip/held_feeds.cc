// SPDX-License-Identifier: MIT
#include "gossip/held_feeds.h"

#include <algorithm>
#include <utility>

namespace ssblog {

HeldFeeds::Change HeldFeeds::look(const FeedId& feed, FeedNumber number, Seq have) {
  ids_[number] = feed;
  Held& held = feeds_[feed];
  const bool fell_back = std::exchange(held.number, number) != number && held.have > have;
  if (!fell_back && have <= held.have) return Change::none;
  held.have = have;
  return fell_back ? Change::fell_back : Change::grew;
}

void HeldFeeds::stored(const FeedId& feed, Seq have) {
  Held& held = feeds_[feed];
  if (held.number == 0) {
    if (auto row = store_.feed(feed); row && *row) ids_[held.number = (*row)->number] = feed;
  }
  held.have = std::max(held.have, have);
}

std::vector<FeedId> HeldFeeds::drop_gone(const std::vector<FeedRow>& rows) {
  std::map<FeedId, FeedNumber> numbers;
  for (const FeedRow& row : rows) numbers[row.id] = row.number;
  std::vector<FeedId> gone;
  for (auto at = feeds_.begin(); at != feeds_.end();) {
    const auto row = numbers.find(at->first);
    const bool same = row != numbers.end() && row->second == at->second.number;
    if (!same) gone.push_back(at->first);
    at = same ? std::next(at) : feeds_.erase(at);
  }
  return gone;
}

Seq HeldFeeds::have(const FeedId& feed) const {
  const auto held = feeds_.find(feed);
  return held == feeds_.end() ? 0 : held->second.have;
}

const FeedId* HeldFeeds::feed_of(FeedNumber number) const {
  const auto id = ids_.find(number);
  return id == ids_.end() ? nullptr : &id->second;
}

Result<std::string> HeldFeeds::text_of(const FeedId& feed, Seq sequence) {
  const auto held = feeds_.find(feed);
  if (held == feeds_.end()) return std::string();
  return store_.message(RowId::of(held->second.number, sequence));
}

}  // namespace ssblog
