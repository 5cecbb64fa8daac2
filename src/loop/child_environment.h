// SPDX-License-Identifier: MIT
// loop/child_environment.h - the environment of a person's program, and texts as the system calls take them.
//
// Used by what starts programs: the sinks, the commands of alerts, ChildProcess. Any thread, as long as none changes the
// environment.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ssblog {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// "NAME=value": ours without what is the daemon's own business (the service manager's socket and credentials, SSBLOG_*),
/// and with `more`, in place of what there has such a name.
std::vector<std::string> child_environment(const Environment& more);

/// Pointers as execve wants them, with a null behind; they live as long as the texts. Nobody writes through them.
std::vector<char*> pointers_to(const std::vector<std::string>& texts);

}  // namespace ssblog
