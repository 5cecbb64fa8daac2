// SPDX-License-Identifier: MIT
// board/scheduled.h - when a rule with a calendar wants runs.
//
// Used by the watch and by `expect`. Pure but for the table of time zones that the machine has; any thread.
#pragma once

#include "board/judge.h"

namespace ssblog {

/// Empty where the rule has no calendar. Code::usage for an expression that is none, Code::config for a zone that this
/// machine does not know.
Result<NextScheduled> scheduled_by(const Expectation& rule);

}  // namespace ssblog
