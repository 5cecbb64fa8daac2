// SPDX-License-Identifier: MIT
// view/metrics.h - the board for Prometheus.
//
// Used by the API. Pure, any thread. Source: Prometheus, "Text-based format", "Metric and label naming".
#pragma once

#include "board/board.h"
#include "view/api.h"

#include <string>

namespace ssblog {

std::string metrics_text(const Board& board, const ApiContext& context);

}  // namespace ssblog
