// SPDX-License-Identifier: MIT
// cli/daemon_alerts.h - the watch over jobs, as the daemon of some settings has it.
//
// Used by the daemon.
#pragma once

#include "cli/alert_watch.h"
#include "cli/settings.h"
#include "gossip/node.h"

#include <memory>

namespace ssblog {

/// Borrows the loop and the node.
std::unique_ptr<AlertWatch> alert_watch(Loop& loop, const Settings& settings, const FeedId& own,
                                        const NodeOptions& options, const Node& node);

}  // namespace ssblog
