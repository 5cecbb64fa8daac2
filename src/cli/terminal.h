// SPDX-License-Identifier: MIT
// cli/terminal.h - what stdout is: a terminal or not, how wide, whether colours are welcome.
//
// Used by the commands that show tables.
#pragma once

#include <cstddef>

namespace ssblog {

struct TerminalLook {
  std::size_t width = 100;    ///< characters in a line
  std::size_t height = 24;    ///< lines
  bool colours = false;       ///< not where NO_COLOR is set, TERM is "dumb", or it is no terminal
  bool many_colours = false;  ///< it has 256, as TERM or COLORTERM say
  bool is_terminal = false;
};

/// Of stdout. Where it is no terminal, COLUMNS says the width, else it is 100.
TerminalLook terminal_look();

}  // namespace ssblog
