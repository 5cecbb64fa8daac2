// SPDX-License-Identifier: MIT
// sim/copy_store.h - a store in memory as it is at this moment: a backup.
#pragma once

#include "store/store.h"

namespace ssblog::sim {

/// An empty store in memory that never waits.
Result<Store> memory_store();
Result<Store> copy_store(Store& store);

/// From now on the disk of a store is full, or has room again.
Result<void> fill_disk(Store& store, bool full);

/// Grows with everything that is written.
std::int64_t changes_of(Store& store);
/// A transaction that writes is not committed yet.
bool is_writing(Store& store);

}  // namespace ssblog::sim
