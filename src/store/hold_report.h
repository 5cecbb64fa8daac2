// SPDX-License-Identifier: MIT
// store/hold_report.h - all that a person may want to know of a hold: since when, who claims what, who was asked.
//
// Used by `restore --status`.
#pragma once

#include "store/forks.h"
#include "store/hold.h"

#include <vector>

namespace ssblog {

/// A host that may know more of our own feed than we do.
struct Witness {
  FeedId host;
  Seq acknowledged = 0;  ///< of our feed, as it said
  Seq claimed = 0;       ///< beyond what we hold; 0: nothing
  bool asked = false;    ///< since the hold began
};

struct HoldReport {
  Hold hold = Hold::none;
  HoldFacts facts;
  std::optional<ForkProof> fork;   ///< of our own feed
  std::vector<Witness> witnesses;  ///< in the order of their ids
  std::uint64_t waiting = 0;       ///< contents in the spool
  Millis oldest = 0;               ///< when the first of them came, our clock; 0: none waits
};

/// As a transaction sees it.
Result<HoldReport> read_hold_report(Batch& batch, const FeedId& own, const Guard& guard);

/// What ends the hold, as sentences for a person.
std::string_view way_out(Hold hold);

}  // namespace ssblog
