// SPDX-License-Identifier: MIT
// cli/rotate_words.h - what `assemble --rotate` is told.
#pragma once

#include "assemble/append/rotation.h"
#include "feed/result.h"

#include <string_view>

namespace ssblog {

/// "size=10M,keep=8", "daily", "daily,keep=30", "s6", "s6,size=1M,keep=20". Code::usage for anything else.
Result<Rotation> parse_rotation(std::string_view text);

}  // namespace ssblog
