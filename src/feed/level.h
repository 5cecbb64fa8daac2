// SPDX-License-Identifier: MIT
// feed/level.h - how bad a line is: syslog's eight levels, and their names.
//
// Used where levels are given, written and chosen by. Pure, any thread. Source: syslog(3).
#pragma once

#include <optional>
#include <string_view>

namespace ssblog {

/// 0 (emerg) to 7 (debug), as in syslog(3): the smaller, the worse.
using Level = int;
inline constexpr Level worst_level = 0;
inline constexpr Level err_level = 3;
inline constexpr Level warning_level = 4;
inline constexpr Level info_level = 6;
inline constexpr Level mildest_level = 7;

/// emerg alert crit err warning notice info debug.
std::string_view level_keyword(Level level);

/// The level of a keyword, of its usual other spellings (panic, error, warn, trace), or of a digit 0 to 7.
std::optional<Level> parse_level(std::string_view text);

}  // namespace ssblog
