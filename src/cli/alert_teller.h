// SPDX-License-Identifier: MIT
// cli/alert_teller.h - tells people of alerts: by a command of theirs, and on their desktop.
//
// Used by alerts and by the daemon. The store remembers what was told, so that each alert is told once by each way on this
// host, whoever does it. From one thread at a time; a command is waited for.
#pragma once

#include "store/alert_book.h"

#include <functional>
#include <string>
#include <vector>

namespace ssblog {

struct TellWays {
  std::string command;   ///< for /bin/sh; empty: none
  bool desktop = false;  ///< by notify-send

  std::function<bool()> stopped = {};  ///< it is time to stop; may be asked on another thread

  bool any() const { return !command.empty() || desktop; }
};

/// How long a command may take.
inline constexpr std::chrono::seconds hook_patience{60};

/// Tells the alerts that were not told yet, in their order: the open ones, unless they are older than `longest_memory`, since
/// a host that was off has to hear of them; of those that are over only those made since `since`. `trouble` hears of commands that fail: they
/// are not run again. When it is stopped, the command under way is killed, and is run again by who comes later.
/// `doubtful` are told likewise: by their ids, so that those that become certain are not told again.
Result<void> tell_alerts(Store& store, const FeedId& own, const TellWays& ways, Millis since,
                         const std::vector<AlertRecord>& doubtful,
                         const std::function<void(const std::string&)>& trouble);

}  // namespace ssblog
