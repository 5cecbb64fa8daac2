// SPDX-License-Identifier: MIT
// view/metrics.h - the board for Prometheus, and its hosts as JSON.
//
// Used by the API. Pure, any thread. Source: Prometheus, "Text-based format", "Metric and label naming".
#pragma once

#include "board/board.h"
#include "store/successors.h"
#include "view/api.h"

#include <string>
#include <vector>

namespace ssblog {

std::string metrics_text(const Board& board, const ApiContext& context);

/// An array of the hosts, compact, by their ids; with who goes on in the place of one.
std::string hosts_json(const Board& board, const std::vector<Succession>& successions);

}  // namespace ssblog
