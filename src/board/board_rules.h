// SPDX-License-Identifier: MIT
// board/board_rules.h - what the rules that stand say on the board: which jobs are late, and when the next run is due.
//
// Used by board.cc. Pure, any thread.
#pragma once

#include "board/board.h"
#include "board/watch.h"

namespace ssblog {

/// Where a rule says when a job has to run, the habit of the job says nothing more. A job that never ran gets a row of its
/// own once it is overdue.
void apply_rules(const std::vector<RuleStanding>& standings, Board& board);

}  // namespace ssblog
