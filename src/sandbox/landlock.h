// SPDX-License-Identifier: MIT
// sandbox/landlock.h - which files this process, and what it starts, may still open.
//
// Used by sandbox.cc. Source: landlock(7).
#pragma once

#include "feed/result.h"

#include <string>
#include <vector>

namespace ssblog {

/// Files and folders, each with all that is below it. What is not there is left out.
struct FilePlan {
  std::vector<std::string> read;
  std::vector<std::string> write;    ///< read, written, made and removed as well
  std::vector<std::string> sockets;  ///< folders in which sockets are made and removed
  bool read_all = false;             ///< reading is not limited
  bool run_all = false;              ///< nor is running programs
  std::vector<std::string> run;  ///< else these programs alone; what they need besides is for others to name
};

/// Limits the calling thread and the threads that it starts, for good. Needs no-new-privs.
/// @return Code::unavailable where the kernel does not know this, or has it switched off.
Result<void> limit_files(const FilePlan& plan);

}  // namespace ssblog
