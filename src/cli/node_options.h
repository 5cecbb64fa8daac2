// SPDX-License-Identifier: MIT
// cli/node_options.h - what a Node needs to know of this host's settings.
//
// Used by the daemon, and by `sync` where there is none.
#pragma once

#include "cli/settings.h"
#include "gossip/node.h"

namespace ssblog {

/// The hops that this host replicates where nobody says otherwise; JavaScript's default.
inline constexpr int default_hops = 3;

/// SSB's.
inline constexpr std::uint16_t default_port = 8008;

int hops_of(const Settings& settings);

/// Without ports to listen on, and without a log. Code::config when there is no network key.
Result<NodeOptions> node_options(const Settings& settings);

}  // namespace ssblog
