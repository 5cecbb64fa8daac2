// SPDX-License-Identifier: MIT
// cli/board_html.h - the board as one file for a browser, to be mailed or put on a share.
//
// Used by `status --html`. Pure, any thread. The file names no other one, holds no script, and forbids both.
#pragma once

#include "board/board.h"

#include <string>
#include <string_view>

namespace ssblog {

/// How every such document begins.
std::string_view board_head();

/// A whole HTML document. `shown_by` names this host.
std::string board_html(const Board& board, std::string_view shown_by);

}  // namespace ssblog
