// SPDX-License-Identifier: MIT
// cli/notify.h - what a daemon says to the service manager that started it: the words of sd_notify(3).
//
// Used by the daemon. Without a manager the words go nowhere.
#pragma once

#include <chrono>
#include <string_view>

namespace ssblog {

/// A word to the service manager: `READY=1`.
void notify_manager(std::string_view words);

/// How often the manager wants to hear WATCHDOG=1; 0: never.
std::chrono::milliseconds watchdog_time();

}  // namespace ssblog
