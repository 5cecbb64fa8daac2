// SPDX-License-Identifier: MIT
// board/board_json.h - the board as JSON, for programs.
//
// Used by `status --json` and by whatever serves it. Pure, any thread. The members are described in ssblog-status(1).
#pragma once

#include "board/board.h"
#include "store/successors.h"

#include <string>
#include <vector>

namespace ssblog {

/// An array of the jobs, compact, in the order of the board.
std::string jobs_json(const Board& board);

/// An array of the hosts, compact, by their ids; with who goes on in the place of one.
std::string hosts_json(const Board& board, const std::vector<Succession>& successions);

}  // namespace ssblog
