// SPDX-License-Identifier: MIT
// cli/status.h - what `status --json` prints, for others who show it.
//
// Used by the doctor's bundle.
#pragma once

#include "cli/settings.h"

#include <string>

namespace ssblog {

/// One JSON object and a newline.
Result<std::string> status_json(const Settings& settings);

}  // namespace ssblog
