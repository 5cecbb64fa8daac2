// SPDX-License-Identifier: MIT
// cli/pager.h - shows what goes to stdout page by page, where stdout is a terminal.
//
// Used by log and search, as journalctl and git do it: SSBLOG_PAGER, else PAGER, else less; an empty one or `cat` is none.
// One at a time; to be made before anything is printed, and asked about the terminal (terminal.h) before that.
#pragma once

#include "feed/result.h"

#include <sys/types.h>

namespace ssblog {

class Pager {
 public:
  /// Starts it, if there is one. Where it cannot be started stdout stays what it is.
  Pager();
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;
  /// Waits until the person has read enough.
  ~Pager();

 private:
  pid_t child_ = -1;
};

}  // namespace ssblog
