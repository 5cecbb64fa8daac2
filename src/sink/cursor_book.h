// SPDX-License-Identifier: MIT
// sink/cursor_book.h - the cursors of sinks in the store: among the positions, a row for each feed of each sink.
//
// Used by PortionReader, and by whoever shows how sinks stand. Only what moved is written. Borrows the store; one thread.
#pragma once

#include "sink/portion.h"
#include "store/batch.h"

#include <optional>
#include <string_view>

namespace ssblog {

/// Nothing: the sink has not begun. A row that cannot be read is as one that is not there.
Result<std::optional<SinkCursor>> read_cursor(Store& store, std::string_view sink);

/// The sink begins here.
Result<void> begin_cursor(Batch& batch, std::string_view sink, const SinkCursor& cursor, Millis now);

Result<void> save_steps(Batch& batch, std::string_view sink, const CursorSteps& steps);

}  // namespace ssblog
