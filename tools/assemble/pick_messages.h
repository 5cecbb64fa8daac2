// SPDX-License-Identifier: MIT
// assemble/pick_messages.h - the messages in which the words of a selection may stand, by the search index.
//
// Used by search and by the view.
#pragma once

#include "assemble/message_walk.h"
#include "assemble/selection.h"
#include "store/search_index.h"

namespace ssblog {

/// Of a selection with more it is as fast to go through all from the end, as the words are common.
inline constexpr std::size_t most_picked = 200'000;

/// Null: the index cannot tell (no word is long enough, or more than `most` messages have them all), so all messages count.
Result<Picked> pick_messages(SearchIndex& index, const Selection& selection, std::size_t most = most_picked);

}  // namespace ssblog
