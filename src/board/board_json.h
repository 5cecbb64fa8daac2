// SPDX-License-Identifier: MIT
// board/board_json.h - the board as JSON, for programs.
//
// Used by `status --json` and by whatever serves it. Pure, any thread. The members are described in ssblog-status(1).
#pragma once

#include "board/board.h"

#include <string>

namespace ssblog {

/// An array of the jobs, compact, in the order of the board.
std::string jobs_json(const Board& board);

}  // namespace ssblog
