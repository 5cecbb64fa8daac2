// SPDX-License-Identifier: MIT
// store/successors.h - which feed took the place of which, by the word of its owner (feed/successor.h).
//
// Used by everything that takes messages or statements of others, and by what shows hosts. The first statement of a feed
// counts, for good; a second, different one is kept to be told, and changes nothing. They lie in the store's meta, at
// most two for each feed that is known here.
//
// A statement may settle a fork: it names the branch that the old feed does not go on with. What it says stands in the
// new feed, so the other branch is taken like any feed, and that one nowhere.
#pragma once

#include "feed/successor.h"
#include "store/store.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

class Batch;

struct Succession {
  Successor statement;
  std::string content;             ///< as it can be checked by `read_successor`
  bool done = false;               ///< what this host had to do about it is done
  std::optional<Successor> other;  ///< a second one, that contradicts
};

/// What is known of a feed's successor.
Result<std::optional<Succession>> succession_of(Store& store, const FeedId& superseded);

/// All, in the order of the ids of the old feeds.
Result<std::vector<Succession>> all_successions(Store& store);

/// What a statement was to this store.
enum class Heard { unknown, known, fresh, conflict };  ///< unknown: nobody here speaks of the old feed
Result<Heard> note_successor(Batch& batch, const Successor& statement, std::string_view content);

/// What this host had to do about it is done.
Result<void> note_done(Batch& batch, const FeedId& superseded);

/// True: the feed is held here with the branch that it does not go on with.
Result<bool> holds_left_branch(Store& store, const Succession& succession);

/// Cuts it off; what comes of the other branch is taken from now on. `hmac` as in `inspect`.
Result<void> cut_left_branch(Store& store, const Succession& succession, const SigningKey* hmac, Millis now);

}  // namespace ssblog
