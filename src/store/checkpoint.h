// SPDX-License-Identifier: MIT
// store/checkpoint.h - writes the log of a store back into its file, beside those who read and write.
//
// Used by the daemon on a worker thread, so that its loop does not wait for the disk. Has a connection of its own; one
// thread at a time. Source: sqlite.org/wal.html, "Checkpointing".
#pragma once

#include "store/sqlite.h"

namespace ssblog {

class Checkpointer {
 public:
  static Result<Checkpointer> open(const std::string& store_path);

  /// Writes back what no reader needs in the log any more; nobody waits for that. False: somebody reads an older state,
  /// and what is behind that in the log stays there.
  Result<bool> write_back();

  /// The same, and makes the next writer begin the log anew: nobody else writes while the rest is written back.
  /// False: somebody reads what is in the log; it goes on growing.
  Result<bool> empty_log();

 private:
  explicit Checkpointer(Database database) : database_(std::move(database)) {}
  Database database_;
};

}  // namespace ssblog
