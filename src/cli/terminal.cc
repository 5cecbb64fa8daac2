// SPDX-License-Identifier: MIT
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace ssblog {
namespace {

constexpr std::size_t narrowest = 40, widest = 1000;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

TerminalLook terminal_look() {
  TerminalLook look;
  look.is_terminal = ::isatty(STDOUT_FILENO) == 1;
  const std::string_view columns = variable("COLUMNS");
  std::size_t told = 0;
  if (std::from_chars(columns.data(), columns.data() + columns.size(), told).ec == std::errc())
    look.width = told;
  winsize size{};
  if (look.is_terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    look.width = size.ws_col;
    if (size.ws_row > 0) look.height = size.ws_row;
  }
  look.width = std::clamp(look.width, narrowest, widest);
  const std::string_view kind = variable("TERM");
  look.colours = look.is_terminal && variable("NO_COLOR").empty() && !kind.empty() && kind != "dumb";
  look.many_colours = kind.find("256color") != std::string_view::npos || !variable("COLORTERM").empty();
  return look;
}

}  // namespace ssblog
