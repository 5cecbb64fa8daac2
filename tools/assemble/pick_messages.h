// SPDX-License-Identifier: MIT
// assemble/pick_messages.h - the messages in which the words of a selection may stand, by the search index.
//
// Used by search.
#pragma once

#include "assemble/message_walk.h"
#include "assemble/selection.h"
#include "store/search_index.h"

namespace ssblog {

/// Null: the index cannot tell (no word is long enough, or too many messages have them all), so all messages count.
Result<Picked> pick_messages(SearchIndex& index, const Selection& selection);

}  // namespace ssblog
