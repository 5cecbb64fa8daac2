// SPDX-License-Identifier: MIT
// cli/units.h - lengths of time and sizes, as people write and read them.
//
// Used by the commands. Pure, any thread.
#pragma once

#include "feed/result.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace ssblog {

/// "200ms", "2s", "5m", "1h", "7d"; a bare number is of `unit` (ms: 1, s: 1000). At most `most`, whole days. Code::usage,
/// with the option's name.
Result<std::chrono::milliseconds> parse_duration(std::string_view option, std::string_view text,
                                                 std::chrono::milliseconds unit,
                                                 std::chrono::hours most = std::chrono::hours(24));

/// "812", "64K", "256M", "2G": powers of 1024, at most 2^53. Code::usage, with the option's name.
Result<std::uint64_t> parse_size(std::string_view option, std::string_view text);

/// "812 B", "1.2 MB": powers of 1000.
std::string size_text(std::int64_t bytes);

/// "12 s", "3 min", "5 h", "12 d".
std::string age_text(std::chrono::milliseconds age);

}  // namespace ssblog
