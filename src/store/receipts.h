// SPDX-License-Identifier: MIT
// store/receipts.h - messages in the order in which they came.
//
// Used by the local API, whose streams have this order. Borrows the store; one thread.
#pragma once

#include "store/store.h"

#include <optional>

namespace ssblog {

class Receipts {
 public:
  enum class Direction { forward, backward };
  struct Entry {
    FeedNumber feed = 0;
    Seq sequence = 0;
    Millis received = 0;  ///< our clock
  };

  /// Of one feed, in the order of its sequence, or of all.
  Receipts(Store& store, Direction direction, std::optional<FeedNumber> only = std::nullopt);

  /// Nothing: there is no more now; forward, some may come later.
  Result<std::optional<Entry>> next();

  /// Goes to the end, so that only what is still to come is left.
  Result<void> skip_all();

 private:
  struct Row {
    FeedNumber feed = 0;
    Seq first = 0, last = 0;
    Millis received = 0;
  };
  Result<bool> next_row();

  const Direction direction_;
  const std::optional<FeedNumber> only_;
  Statement rows_, end_;
  std::int64_t
      at_;  ///< of the rows that were looked at, the last: its id, or its last sequence where it is one feed
  Row row_;
  Seq left_ = 0;  ///< of row_
};

}  // namespace ssblog
