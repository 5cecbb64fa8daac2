// SPDX-License-Identifier: MIT
// assemble/tail.h - where the last lines of a selection begin.
//
// Used by log, search and the view.
#pragma once

#include "assemble/message_walk.h"
#include "assemble/selection.h"
#include "feed/result.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace ssblog {

struct LastLines {
  /// A time t' from which on the selection has at least the lines that were asked for, and not many more; nothing when it
  /// has fewer.
  std::optional<Millis> since;
  /// The messages from there on in which they may be, so that a sweep need not read the others again.
  Picked picked;
  /// The patience was over: there may be more lines before `since`.
  bool cut_short = false;
};

/// How long is looked. Asked after each message, and between two lines that are held against levels or words, so asking costs
/// little; empty: as long as it takes.
struct LookPatience {
  std::function<bool()> is_over;  ///< true: what was found is enough
  std::function<bool()> is_gone;  ///< true: nobody waits for it any more
};

/// Goes back from the end of the selection until it has found `lines` lines. Costs as much as the messages that it passes.
/// Read one state of the store (ReadTransaction). `picked`: only these messages count. It goes on for ever where all messages
/// begin at one time, else it gets on with each call. Code::busy when nobody waits any more.
Result<LastLines> find_tail(Store& store, const Selection& selection, std::uint64_t lines,
                            const Picked& picked = nullptr, const LookPatience& patience = {});

}  // namespace ssblog
