// SPDX-License-Identifier: MIT
// cli/open_page.h - has the desktop show a page in a browser.
//
// Used by `ssblog view open`. Any thread.
#pragma once

#include "feed/result.h"

#include <string>

namespace ssblog {

/// Runs xdg-open, or open(1) of macOS, and waits for its end. On a desktop the browser goes on by itself; without one xdg-open
/// may last as long as the browser. Code::unavailable, with what is to be done, where there is neither, or it could not.
Result<void> open_page(const std::string& file);

}  // namespace ssblog
