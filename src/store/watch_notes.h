// SPDX-License-Identifier: MIT
// store/watch_notes.h - keeps the rows of `expect` and `alert` records: rules, what takes them back, alerts.
//
// Used by Placer, inside its transaction, and by the migration of an older store. Rows of all feeds are kept, whoever they
// are; which of them count is for the reader to say (alert_book.h). One thread.
#pragma once

#include "feed/id.h"
#include "store/store.h"

#include <string_view>

namespace ssblog {

class WatchNotes {
 public:
  explicit WatchNotes(Database& database);

  /// Notes what a message says of rules and alerts, if it does.
  Result<void> take(RowId row, const MessageKey& key, double timestamp, std::string_view content);

  /// The same for all messages of a store of an older schema.
  static Result<void> fill(Database& database);

 private:
  Statement rule_, removal_, alert_;
};

}  // namespace ssblog
