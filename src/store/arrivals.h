// SPDX-License-Identifier: MIT
// store/arrivals.h - when and in which order the messages of a feed came.
//
// Used by sinks. Receipts has the same for a stream of all messages; this one begins anywhere in any feed. Borrows the
// store; one thread.
#pragma once

#include "store/store.h"

#include <optional>

namespace ssblog {

/// Messages of a feed that came together.
struct ArrivalRow {
  std::int64_t id = 0;  ///< in the order of receipt, over all feeds
  Seq last = 0;
  Millis received = 0;  ///< our clock
};

class Arrivals {
 public:
  explicit Arrivals(Store& store);

  /// Those among which the message behind `behind` came; nothing: it is not held.
  Result<std::optional<ArrivalRow>> of_next(FeedNumber feed, Seq behind);

 private:
  Statement of_next_;
};

}  // namespace ssblog
