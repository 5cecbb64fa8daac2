// SPDX-License-Identifier: MIT
// cli/status_text.h - what was looked at for the board, as text, as JSON, and as warnings.
//
// Used by status. Pure; any thread. The texts are of feeds: they are escaped here.
#pragma once

#include "cli/status_look.h"
#include "cli/terminal.h"

#include <string>
#include <vector>

namespace ssblog {

/// "nas@Xq3vT0aB"
std::string host_text(const FeedId& id, const std::string& name);

/// The whole of it, jobs first.
std::string status_text(const Status& status, const TerminalLook& look, bool all);

/// What a person should know of this host itself.
std::vector<std::string> warnings_of(const Status& status);

/// One object and a newline. The members are described in ssblog-status(1).
std::string json_of(const Status& status);

}  // namespace ssblog
