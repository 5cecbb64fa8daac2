// SPDX-License-Identifier: MIT
// cli/alert_teller.h - tells people of alerts: by a command of theirs, and on their desktop.
//
// Used by alerts and by the daemon. The store remembers what was told, so that each alert is told once by each way on this
// host, whoever does it. From one thread at a time; a command is waited for.
#pragma once

#include "store/alert_book.h"

#include <functional>
#include <string>

namespace ssblog {

struct TellWays {
  std::string command;   ///< for /bin/sh; empty: none
  bool desktop = false;  ///< by notify-send

  bool any() const { return !command.empty() || desktop; }
};

/// How long a command may take.
inline constexpr std::chrono::seconds hook_patience{60};

/// Tells all alerts made since `since` that were not told yet, in their order. `trouble` hears of commands that fail: they
/// are not run again.
Result<void> tell_alerts(Store& store, const FeedId& own, const TellWays& ways, Millis since,
                         const std::function<void(const std::string&)>& trouble);

}  // namespace ssblog
