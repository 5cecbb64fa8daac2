// SPDX-License-Identifier: MIT
#include "store/checkpoint.h"

namespace ssblog {
namespace {

// For a turn between two short transactions. Readers that stay longer are not waited for: writers would be too.
constexpr std::chrono::milliseconds patience(50);

}  // namespace

Result<Checkpointer> Checkpointer::open(const std::string& store_path) {
  auto database = Database::open(store_path, OpenMode::read_write, patience);
  if (!database) return database.error();
  // A connection knows of the log when it has read once.
  if (auto ready = database->run("SELECT 1 FROM sqlite_schema LIMIT 1"); !ready) return ready.error();
  return Checkpointer(std::move(*database));
}

Result<bool> Checkpointer::write_back() {
  int pages = 0, written = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &written);
  if ((code & 0xff) == SQLITE_BUSY) return false;  // another process is at it
  if (code != SQLITE_OK) return database_.error("write back the log of");
  return written >= pages;
}

Result<bool> Checkpointer::empty_log() {
  const int code =
      sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
  if (code == SQLITE_OK) return true;
  if ((code & 0xff) == SQLITE_BUSY) return false;
  return database_.error("write back the log of");
}

}  // namespace ssblog
