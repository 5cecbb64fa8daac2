// SPDX-License-Identifier: MIT
// cli/sandbox.h - the daemon gives up what it does not need, before it talks to strangers.
//
// Used by the daemon. Linux has it: no-new-privs, a filter of system calls (seccomp), limits on files (Landlock).
// Elsewhere, and where a kernel has only a part, the rest is told and nothing fails.
#pragma once

#include "cli/landlock.h"
#include "cli/settings.h"

#include <string>

namespace ssblog {

/// What the daemon of these settings has to reach. Where the folder of a source cannot be looked at in time (a file system
/// that does not answer), `read_all` is set.
/// @param guard_directory where the guard of the own feed lies
FilePlan sandbox_plan(const Settings& settings, const std::string& guard_directory);

/// Enters it, for good; to be called while the process has one thread.
/// @return what is in force, and why not the rest, as one sentence without a full stop.
std::string enter_sandbox(const FilePlan& plan);

}  // namespace ssblog
