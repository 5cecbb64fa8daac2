// SPDX-License-Identifier: MIT
// cli/board_check.h - the board as a monitoring plug-in says it: an exit code and one line.
//
// Used by `status --check`. Pure, any thread. Source: Monitoring Plugins Development Guidelines, "Plugin Output" and
// "Plugin Return Codes".
#pragma once

#include "board/board.h"

#include <string>
#include <vector>

namespace ssblog {

enum class CheckCode : int { ok = 0, warning = 1, critical = 2, unknown = 3 };

struct CheckResult {
  CheckCode code = CheckCode::ok;
  std::string line;  ///< with its line end: what is wrong, and behind a bar the counts
};

/// A job in trouble is critical. `warnings` are sentences about this host itself; one of them alone is a warning.
CheckResult check_board(const Board& board, const std::vector<std::string>& warnings);

/// Where nothing could be looked at.
CheckResult unknown_check(std::string_view why);

}  // namespace ssblog
