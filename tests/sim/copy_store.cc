// SPDX-License-Identifier: MIT
#include "sim/copy_store.h"

#include "store/sqlite.h"

#include <fmt/format.h>

namespace ssblog::sim {
namespace {

constexpr std::int64_t roomy_pages = 1 << 30;

}  // namespace

Result<Store> memory_store() {
  auto store = Store::open(":memory:", OpenMode::create);
  if (!store) return store.error();
  if (auto set = store->wait_at_most(std::chrono::milliseconds(0)); !set) return set.error();
  return store;
}

Result<Store> copy_store(Store& store) {
  auto copy = memory_store();
  if (!copy) return copy;
  sqlite3* const to = copy->database().handle();
  sqlite3_backup* const backup = sqlite3_backup_init(to, "main", store.database().handle(), "main");
  if (backup == nullptr) return copy->database().error("copy");
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) return copy->database().error("copy");
  return copy;
}

Result<void> fill_disk(Store& store, bool full) {
  std::int64_t pages = roomy_pages;
  if (full) {
    Statement count(store.database(), "PRAGMA page_count");
    auto run = count.run();
    if (auto row = run.step(); !row) return row.error();
    pages = run.integer(0);
  }
  return store.database().run(fmt::format("PRAGMA max_page_count = {}", pages).c_str());
}

std::int64_t changes_of(Store& store) { return sqlite3_total_changes64(store.database().handle()); }

bool is_writing(Store& store) {
  return sqlite3_txn_state(store.database().handle(), "main") == SQLITE_TXN_WRITE;
}

}  // namespace ssblog::sim
