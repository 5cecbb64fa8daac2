// SPDX-License-Identifier: MIT
// cli/notify.h - what a daemon says to whoever started it: log lines, and the words of sd_notify(3).
//
// Used by the daemon. Without a manager the words go nowhere.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace ssblog {

/// One line to stderr; with the level in journald's form, `<6>text`, where stderr is the journal's.
void log_line(int level, std::string_view text);

/// A word to the service manager: `READY=1`.
void notify_manager(std::string_view words);

/// How often the manager wants to hear WATCHDOG=1; 0: never.
std::chrono::milliseconds watchdog_time();

}  // namespace ssblog
