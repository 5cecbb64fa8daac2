// SPDX-License-Identifier: MIT
// cli/follow_store.h - does something now, and again whenever something came into a store, until it is told to stop.
//
// Used by `assemble --follow` and `alerts -f`. SIGTERM, SIGINT and SIGHUP stop it between two rounds. Within a round that writes to
// `output` and is deaf they end the program at once, since that may wait for its reader for ever; within another one the second of them
// does. Those that were ignored when the program began stay so. One thread, one object a process.
#pragma once

#include "feed/result.h"
#include "store/store.h"

#include <chrono>
#include <functional>

namespace ssblog {

/// What a round does while it waits for somebody.
enum class RoundWaits {
  deaf,    ///< nothing: a signal ends the program
  heedful  ///< it asks told_to_stop, and comes back
};

/// Ends without an error when it is told to stop, or nobody reads `output` any more (-1: rounds write to no pipe). A round
/// that fails with Code::busy is tried again, and told of when that goes on for long. `each`: a round is made so often at least,
/// give or take two seconds, for what time alone brings.
Result<void> follow_store(Store& store, int output, const std::function<Result<void>()>& round,
                          RoundWaits waits = RoundWaits::deaf,
                          std::chrono::seconds each = std::chrono::hours(24));

/// For a round that takes long: it was told to stop.
bool told_to_stop();

}  // namespace ssblog
