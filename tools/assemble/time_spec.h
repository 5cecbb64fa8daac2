// SPDX-License-Identifier: MIT
// assemble/time_spec.h - times as people write them behind --since and --until.
//
// Used by log and assemble. Reads the time zone of the process (TZ), nothing else; any thread, as long as
// none changes the environment.
// Source: systemd.time(7), "Parsing Timestamps"; requirements of `log`.
#pragma once

#include "feed/result.h"

#include <cstdint>
#include <string_view>

namespace ssblog {

/// The milliseconds since 1970 that a text means. `now_ms` is what `now`, `-2h` and `today` count from.
///
///     now  today  yesterday  tomorrow  -2h  +30min  "2h ago"  "1h 30min ago"  -1d12h
///     2026-11-20  "2026-11-20 14:00"  "Fri 2026-11-20 14:00:05.123"  14:00  "yesterday 18:00"
///     2026-11-20T14:00:05Z  2026-11-20T14:00:05+01:00  "2026-11-20 14:00 UTC"  @1763640000.5
///
/// Without a zone it is local time. A local time that comes twice, when clocks are set back, is the earlier
/// one; one that is left out counts by the clock before the change (02:30 is shown as 03:30).
/// Fractions are cut to whole ms. The result lies in 0..time_max_ms; what is outside becomes the nearest.
/// @return Code::usage with examples when the text is something else or no such time exists.
Result<std::int64_t> parse_time(std::string_view text, std::int64_t now_ms);

}  // namespace ssblog
