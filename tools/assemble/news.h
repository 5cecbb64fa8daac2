// SPDX-License-Identifier: MIT
// assemble/news.h - what came into a store since an output was made of it, and from where on the output is another one.
//
// Used by the outputs that are kept up to date. One thread; begin a ReadTransaction first.
#pragma once

#include "assemble/line_position.h"
#include "assemble/selection.h"
#include "feed/result.h"
#include "store/store.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ssblog {

/// The messages of an output: the last one of each feed.
using FeedTips = std::map<FeedId, FeedState>;

FeedTips tips_of(const std::vector<FeedRow>& feeds);

/// The first of these feeds of which messages are not held any more: such an output must be made anew.
Result<std::optional<FeedId>> feed_not_held(Store& store, const std::vector<FeedRow>& feeds,
                                            const FeedTips& known);

struct News {
  bool any = false;
  LinePosition from;      ///< no line before it is new, or longer than it was
  std::set<RowId> grown;  ///< older messages with a line that new ones go on with
};

/// What came behind `known`. Where nothing did, `from` is `end`, and never behind it.
Result<News> news_behind(Store& store, const std::vector<FeedRow>& feeds, const FeedTips& known,
                         const Selection& selection, const LinePosition& end);

}  // namespace ssblog
