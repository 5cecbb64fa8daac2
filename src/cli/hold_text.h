// SPDX-License-Identifier: MIT
// cli/hold_text.h - a hold as a person and as a program want to read it.
//
// Used by `restore`.
#pragma once

#include "store/hold_report.h"

#include <string>

namespace ssblog {

/// Lines: what holds, since when, who claims what and was asked, what waits, what ends it.
std::string hold_text(const HoldReport& report, const FeedId& own);

/// The same as one JSON object and a newline.
std::string hold_json(const HoldReport& report, const FeedId& own);

}  // namespace ssblog
