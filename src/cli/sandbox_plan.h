// SPDX-License-Identifier: MIT
// cli/sandbox_plan.h - which files the daemon of some settings has to reach.
//
// Used by the daemon.
#pragma once

#include "cli/settings.h"
#include "sandbox/landlock.h"

#include <string>

namespace ssblog {

/// What the daemon of these settings has to reach. Where the folder of a source cannot be looked at in time (a file system
/// that does not answer), `read_all` is set.
/// @param guard_directory where the guard of the own feed lies
FilePlan sandbox_plan(const Settings& settings, const std::string& guard_directory);

}  // namespace ssblog
