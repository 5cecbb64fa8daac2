// SPDX-License-Identifier: MIT
// cli/status_watch.h - a text that stays on the terminal and is made anew each second.
//
// Used by `status --watch`. One a process.
#pragma once

#include "cli/terminal.h"
#include "feed/result.h"

#include <functional>
#include <string>

namespace ssblog {

/// Shows what `text` gives, as much of it as the terminal has lines for, until Ctrl-C, `q` or SIGTERM. The terminal is left
/// as it was. An error of `text` is shown in its place: what is busy now need not be so in a second.
/// @return the exit code; Code::usage where stdout is no terminal.
Result<int> watch_status(const std::function<Result<std::string>(const TerminalLook&)>& text);

}  // namespace ssblog
