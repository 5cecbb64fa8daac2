// SPDX-License-Identifier: MIT
// sandbox/call_filter.h - a seccomp filter: the system calls that this process, and what it starts, may still make.
//
// Used by sandbox.cc. A process that has a filter may have another one put on top. What is not in call_tables.h gives EPERM;
// what only an intruder would call (ptrace, mount, bpf, a kernel module) ends the process. Source: seccomp(2).
#pragma once

#include "feed/result.h"

namespace ssblog {

struct CallPlan {
  bool programs = false;  ///< other programs may be executed
  bool only_serves =
      false;  ///< its sockets are open, its files are read: none is opened, dialled or changed any more
};

/// Puts the filter on all threads, for good. Needs no-new-privs. What this process never asks for is told once on stderr when it is
/// refused, unless there are programs: what is executed later has no handler for that. What libraries try and can do without
/// (a fork among it) is refused in silence.
/// @return Code::unavailable where the kernel, or this build, has no such filter.
Result<void> filter_calls(const CallPlan& plan);

}  // namespace ssblog
