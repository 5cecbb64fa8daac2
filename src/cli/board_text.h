// SPDX-License-Identifier: MIT
// cli/board_text.h - the board for a person: the jobs, those in trouble first.
//
// Used by status. Pure, any thread.
#pragma once

#include "board/board.h"
#include "cli/terminal.h"

#include <string>

namespace ssblog {

/// Jobs that are well and shown without `all`; of the others it is said how many there are.
inline constexpr std::size_t most_good_jobs = 20;

/// A line that counts the jobs, and a table. Empty where there are none.
std::string jobs_text(const Board& board, const TerminalLook& look, bool all);

/// "2 failed, 1 silent, 12 ok".
std::string count_text(const Board& board);

/// What is wrong with a job in trouble, in one line: "exit 1: cannot reach offsite".
std::string trouble_text(const BoardJob& job, Millis now);

/// "nightly, nas to offsite, on nas@KcJnq9wF".
std::string name_text(const BoardJob& job);

}  // namespace ssblog
