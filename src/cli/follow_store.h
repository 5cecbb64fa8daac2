// SPDX-License-Identifier: MIT
// cli/follow_store.h - does something now, and again whenever something came into a store, until it is told to stop.
//
// Used by `assemble --follow` and `alerts -f`. SIGTERM, SIGINT and SIGHUP stop it between two rounds, never within one; those that were
// ignored when the program began stay so. One thread, one object a process.
#pragma once

#include "feed/result.h"
#include "store/store.h"

#include <functional>

namespace ssblog {

/// Ends without an error when it is told to stop, or nobody reads `output` any more (-1: that does not matter). A round that
/// ends with Code::busy is made again soon.
Result<void> follow_store(Store& store, int output, const std::function<Result<void>()>& round);

/// For a round that takes long: it was told to stop.
bool told_to_stop();

}  // namespace ssblog
