// SPDX-License-Identifier: MIT
// store/run_notes.h - keeps the row of each run of a job: when it began, how it ended.
//
// Used by Placer, inside its transaction, and by the migration of an older store. A run is known by its `job` records, or,
// where a script merely pipes its lines into `publish --job`, by its first line. One thread.
#pragma once

#include "feed/record.h"
#include "store/store.h"

#include <string_view>

namespace ssblog {

class RunNotes {
 public:
  explicit RunNotes(Database& database);

  /// Notes what a message says of a run, if it does. `is_first`: of a log message, that it is the first of its stream
  /// instance. Messages of a feed come in the order of their sequence.
  Result<void> take(RowId row, const Record& record, std::string_view content, bool is_first);

  /// The same for all messages of a store of an older schema.
  static Result<void> fill(Database& database);

 private:
  Statement seen_, began_, ended_;
};

}  // namespace ssblog
