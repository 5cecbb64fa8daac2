// SPDX-License-Identifier: MIT
#include "cli/line_colours.h"

#include <array>

namespace ssblog {
namespace {

// Neither red nor yellow, which are levels; all can be read on black and on white.
constexpr std::array<std::string_view, 30> of_256 = {
    "38;5;32",  "38;5;33",  "38;5;35",  "38;5;36",  "38;5;37",  "38;5;38",  "38;5;67",  "38;5;68",
    "38;5;69",  "38;5;70",  "38;5;71",  "38;5;72",  "38;5;73",  "38;5;74",  "38;5;97",  "38;5;98",
    "38;5;99",  "38;5;103", "38;5;104", "38;5;107", "38;5;108", "38;5;109", "38;5;133", "38;5;134",
    "38;5;135", "38;5;139", "38;5;140", "38;5;169", "38;5;170", "38;5;175"};
constexpr std::array<std::string_view, 8> of_16 = {"32", "34", "35", "36", "92", "94", "95", "96"};

}  // namespace

std::string_view colour_of_host(const FeedId& id, bool many) {
  // A key is as good as random.
  const auto number = static_cast<std::size_t>(id.bytes[0]) << 8 | id.bytes[1];
  return many ? of_256[number % of_256.size()] : of_16[number % of_16.size()];
}

std::string_view colour_of_level(std::optional<Level> level) {
  if (!level || *level == info_level) return {};
  if (*level < err_level) return "1;31";
  if (*level == err_level) return "31";
  if (*level == warning_level) return "33";
  return *level < info_level ? "1" : "2";
}

}  // namespace ssblog
