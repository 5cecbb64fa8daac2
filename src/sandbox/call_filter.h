// SPDX-License-Identifier: MIT
// sandbox/call_filter.h - a seccomp filter: the system calls that this process, and what it starts, may still make.
//
// Used by sandbox.cc. What is not on the list gives EPERM; what only an intruder would call (ptrace, mount, bpf, a
// kernel module) ends the process. Source: seccomp(2).
#pragma once

#include "feed/result.h"

namespace ssblog {

/// Puts the filter on all threads, for good. Needs no-new-privs. Each call that is refused is told once on stderr,
/// unless `programs`: what is executed later has no handler for that, and is refused in silence.
/// @param programs other programs may be executed
/// @return Code::unavailable where the kernel, or this build, has no such filter.
Result<void> filter_calls(bool programs);

}  // namespace ssblog
