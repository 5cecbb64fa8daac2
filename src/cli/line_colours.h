// SPDX-License-Identifier: MIT
// cli/line_colours.h - the colours of a host and of a level on a terminal.
//
// Used by ColouredWriter. A colour is what stands in `ESC [ ... m`. Pure, any thread.
#pragma once

#include "feed/id.h"
#include "feed/level.h"

#include <optional>
#include <string_view>

namespace ssblog {

/// The same for a feed everywhere and always. `many`: of some 30, for terminals that have 256; else of eight.
std::string_view colour_of_host(const FeedId& id, bool many);

/// Empty: as it is.
std::string_view colour_of_level(std::optional<Level> level);

}  // namespace ssblog
