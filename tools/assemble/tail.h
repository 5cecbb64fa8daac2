// SPDX-License-Identifier: MIT
// assemble/tail.h - where the last lines of a selection begin.
//
// Used by log.
#pragma once

#include "assemble/selection.h"
#include "feed/result.h"
#include "store/store.h"

#include <cstdint>
#include <optional>

namespace ssblog {

/// A time t' from which on the selection has at least `lines` lines, and not many more; nothing when it has
/// fewer. Costs as much as the lines that it finds. Read one state of the store (ReadTransaction).
Result<std::optional<Millis>> time_of_last(Store& store, const Selection& selection, std::uint64_t lines);

}  // namespace ssblog
