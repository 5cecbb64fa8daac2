// SPDX-License-Identifier: MIT
// intake/level.h - how bad a line is that has no level: a guess.
//
// Used where lines are chosen by level (`--min-level`). A guess only chooses: it is never written into a message, where
// it would stand as if it were known. Pure, any thread.
#pragma once

#include "feed/level.h"

#include <optional>
#include <string_view>

namespace ssblog {

/// What a line says of its level itself: `<3>`, `level=error`, `"level":"error"`, `E0102 03:04:05`, `E: `, `[warn]`, `ERROR`,
/// `error:`, `Traceback` and the like. Of several the first one counts. Nothing: the line does not say.
/// Looks at the first `level_look` bytes alone.
std::optional<Level> guess_level(std::string_view line);
inline constexpr std::size_t level_look = 512;

/// An indented line goes on with what the line before it says.
bool goes_on_with_last(std::string_view line);

}  // namespace ssblog
