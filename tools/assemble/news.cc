// SPDX-License-Identifier: MIT
#include "assemble/news.h"

#include "store/timeline.h"

#include <algorithm>

namespace ssblog {

FeedTips tips_of(const std::vector<FeedRow>& feeds) {
  FeedTips tips;
  for (const FeedRow& feed : feeds) {
    if (feed.tip) tips[feed.id] = *feed.tip;
  }
  return tips;
}

Result<std::optional<FeedId>> feed_not_held(Store& store, const std::vector<FeedRow>& feeds,
                                            const FeedTips& known) {
  for (const auto& [id, tip] : known) {
    const auto feed =
        std::find_if(feeds.begin(), feeds.end(), [&id = id](const FeedRow& row) { return row.id == id; });
    auto key = feed == feeds.end() ? Result<std::optional<MessageKey>>(std::nullopt)
                                   : store.key_of(*feed, tip.sequence);
    if (!key) return key.error();
    if (*key != tip.key) return std::optional(id);
  }
  return std::optional<FeedId>();
}

Result<News> news_behind(Store& store, const std::vector<FeedRow>& feeds, const FeedTips& known,
                         const Selection& selection, const LinePosition& end) {
  News news;
  news.from = end;
  Timeline timeline(store);
  for (const FeedRow& feed : feeds) {
    if (!feed.tip || !selection.wants_feed(feed.id)) continue;
    const auto at = known.find(feed.id);
    const Seq held = at == known.end() ? 0 : at->second.sequence;
    if (feed.tip->sequence <= held) continue;
    news.any = true;
    const RowId first = RowId::of(feed.number, held + 1);
    const RowId last = RowId::of(feed.number, feed.tip->sequence);
    auto order = timeline.earliest(first, last);
    if (!order) return order.error();
    if (*order) news.from = std::min(news.from, LinePosition{**order, {}, 0, 0});
    auto beginnings = timeline.grown_before(first, last);
    if (!beginnings) return beginnings.error();
    for (const RowId beginning : *beginnings) {
      auto time = timeline.time_of(beginning);
      if (!time) return time.error();
      news.grown.insert(beginning);
      // No later than its message's first line: a little more is written again than needed.
      news.from = std::min(news.from, LinePosition{*time, feed.id, 0, 0});
    }
  }
  return news;
}

}  // namespace ssblog
