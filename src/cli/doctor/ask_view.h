// SPDX-License-Identifier: MIT
// cli/doctor/ask_view.h - whether the view answers: a process may be there, and stand still.
//
// Used by check_view.cc. It shows no token, so it tells nothing to whoever else has the place. Any thread.
#pragma once

#include "feed/result.h"
#include "store/daemon_state.h"

#include <chrono>

namespace ssblog {

/// Asks at the place where it is served for any answer of HTTP at all. Code::unavailable when none comes in that time,
/// Code::permission where this user may not connect.
Result<void> ask_view(const ViewState& served, std::chrono::milliseconds patience);

}  // namespace ssblog
