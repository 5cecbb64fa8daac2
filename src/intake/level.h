// SPDX-License-Identifier: MIT
// intake/level.h - how bad a line is: syslog's eight levels, and a guess at a line that has none.
//
// Used where lines are chosen by level (`--min-level`). A guess only chooses: it is never written into a message, where
// it would stand as if it were known. Pure, any thread.
#pragma once

#include <optional>
#include <string_view>

namespace ssblog {

/// 0 (emerg) to 7 (debug), as in syslog(3): the smaller, the worse.
using Level = int;
inline constexpr Level warning_level = 4;
inline constexpr Level info_level = 6;

/// emerg alert crit err warning notice info debug.
std::string_view level_keyword(Level level);

/// The level of a keyword, of its usual other spellings (panic, error, warn, trace), or of a digit 0 to 7.
std::optional<Level> parse_level(std::string_view text);

/// What a line says of its level itself: `<3>`, `level=error`, `"level":"error"`, `E0102 03:04:05`, `E: `, `[warn]`, `ERROR`,
/// `error:`, `Traceback` and the like. Of several the first one counts. Nothing: the line does not say.
/// Looks at the first `level_look` bytes alone.
std::optional<Level> guess_level(std::string_view line);
inline constexpr std::size_t level_look = 512;

/// An indented line goes on with what the line before it says.
bool goes_on_with_last(std::string_view line);

}  // namespace ssblog
