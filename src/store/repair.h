// SPDX-License-Identifier: MIT
// store/repair.h - makes a damaged store whole again, of what is good in it.
//
// Used by `verify --repair`. Works on one whose pages are damaged too, as long as SQLite still opens it. Programs that have
// the store open meanwhile wait, and then see the repaired one.
#pragma once

#include "store/verify_store.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

struct RepairedFeed {
  FeedId id;
  Seq kept = 0;
  Seq held = 0;  ///< as the store said before
};

struct RepairReport {
  std::vector<RepairedFeed> cut;    ///< feeds that lost messages; peers have them
  std::vector<std::string> losses;  ///< of anything else, a sentence each
  std::string copy;                 ///< the file as it was
};

struct RepairWishes {
  FeedId own;
  bool cut_own = false;  ///< cut our own feed too; publishing is held then until peers have sent the rest
  std::optional<SigningKey> hmac;
};

/// Copies all that is good into a new file beside the store, and puts that in its place in one transaction. The file as it
/// was stays beside it. Code::data, and nothing is changed, when our own feed is damaged and may not be cut.
Result<RepairReport> repair_store(const std::string& path, const RepairWishes& wishes, Millis now);

}  // namespace ssblog
