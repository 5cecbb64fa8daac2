// SPDX-License-Identifier: MIT
#include "feed/level.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace ssblog {
namespace {

constexpr std::array<std::string_view, 8> keywords = {"emerg",   "alert",  "crit", "err",
                                                      "warning", "notice", "info", "debug"};

}  // namespace

std::string_view level_keyword(Level level) { return keywords.at(static_cast<std::size_t>(level)); }

std::optional<Level> parse_level(std::string_view text) {
  static constexpr std::pair<std::string_view, Level> other_names[] = {
      {"panic", 0}, {"error", 3}, {"warn", 4}, {"trace", 7}};
  if (text.size() == 1 && text[0] >= '0' && text[0] <= '7') return text[0] - '0';
  for (const auto& [name, level] : other_names) {
    if (text == name) return level;
  }
  const auto* const found = std::find(keywords.begin(), keywords.end(), text);
  if (found == keywords.end()) return std::nullopt;
  return static_cast<Level>(found - keywords.begin());
}

}  // namespace ssblog
