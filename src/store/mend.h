// SPDX-License-Identifier: MIT
// store/mend.h - cuts a damaged feed before its first bad message, so that peers can send the rest again.
//
// Used by the daemon, on a worker. For copies of other hosts' feeds alone: what is cut off here must be elsewhere.
#pragma once

#include "store/store.h"

namespace ssblog {

struct Mended {
  Seq kept = 0;      ///< messages that are good, and stay
  bool cut = false;  ///< false: nothing was wrong
};

/// In one transaction. The feed gets another number, as one that was forgotten and came again: everybody who remembers
/// something of it finds that out. What follows from its messages is made anew. Code::data where the pages of the file
/// are damaged too; then nothing is changed, and `repair_store` is the way.
Result<Mended> mend_feed(Store& store, const FeedId& id, const SigningKey* hmac, Millis now);

}  // namespace ssblog
