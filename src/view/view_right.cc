// SPDX-License-Identifier: MIT
#include "view/view_right.h"

#include <algorithm>
#include <array>

namespace ssblog {

ViewRight right_of_word(std::string_view word) {
  if (word.empty()) return ViewRight::all;
  return word == "board" ? ViewRight::board : ViewRight::none;
}

ViewRight right_needed(const HttpTarget& target) {
  constexpr std::array<std::string_view, 5> of_board = {"jobs", "alerts", "info", "metrics", "healthz"};
  const bool is_of_board = target.parts.size() == 1 &&
                           std::find(of_board.begin(), of_board.end(), target.parts[0]) != of_board.end();
  return is_of_board ? ViewRight::board : ViewRight::all;
}

}  // namespace ssblog
