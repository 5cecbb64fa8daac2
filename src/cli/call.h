// SPDX-License-Identifier: MIT
// cli/call.h - a method of the daemon called by hand, its answer printed as sbot's command line prints it.
//
// Used by `call` and by `sbot`. Source: local-api.md, "The sbot command line", Output.
#pragma once

#include "cli/command.h"
#include "store/home.h"

#include <string>
#include <string_view>

namespace ssblog {

/// Calls `method` with a JSON array and prints what comes: an async answer as JSON with an end of line, an item of a
/// source the same with an empty line behind it. Code::usage for a method that the daemon does not have.
Result<int> call_daemon(const Home& home, const std::string& method, std::string_view args);

/// JSON as sbot prints it: two blanks a level, and an end of line.
std::string as_printed(std::string_view json);

}  // namespace ssblog
