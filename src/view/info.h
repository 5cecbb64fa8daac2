// SPDX-License-Identifier: MIT
// view/info.h - the server, the store and the daemon in numbers, as JSON.
//
// Used by the API. One thread. Shape: docs/api.md.
#pragma once

#include "store/daemon_state.h"
#include "view/api.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// A compact object. `daemon`: nothing when it does not run.
std::string info_json(const std::vector<FeedRow>& feeds, const std::optional<DaemonState>& daemon,
                      const ViewOptions& options, const ApiContext& context);

}  // namespace ssblog
