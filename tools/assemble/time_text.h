// SPDX-License-Identifier: MIT
// assemble/time_text.h - the time in front of a line.
//
// Used by the renderer of lines. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>

namespace ssblog {

/// The last millisecond of the year 9999: times that are read and printed lie between 0 and this.
inline constexpr std::int64_t time_max_ms = 253402300799999;

/// Appends ms since 1970 as `2026-11-20T14:02:11.123Z`. What lies outside 0..time_max_ms is printed as the
/// nearest of the two.
void append_utc_time(std::string& out, std::int64_t ms);

}  // namespace ssblog
