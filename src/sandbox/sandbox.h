// SPDX-License-Identifier: MIT
// sandbox/sandbox.h - a process gives up what it does not need, before it talks to strangers.
//
// Used by the daemon and by the program that serves the view. Linux has it: no-new-privs, a filter of system calls
// (seccomp), limits on files (Landlock). Elsewhere, and where a kernel has only a part, the rest is told and nothing fails.
#pragma once

#include "sandbox/landlock.h"

#include <string>

namespace ssblog {

/// Enters it, for good; to be called while the process has one thread.
/// @param only_serves see CallPlan
/// @return what is in force, and why not the rest, as one sentence without a full stop.
std::string enter_sandbox(const FilePlan& plan, bool only_serves = false);

}  // namespace ssblog
