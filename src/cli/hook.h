// SPDX-License-Identifier: MIT
// cli/hook.h - runs a person's command on an event, and waits for it.
//
// Used by what tells of alerts. No word of the command comes from an event: what happened stands in its environment and on
// its stdin. From any thread.
#pragma once

#include "feed/result.h"
#include "loop/child_environment.h"

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace ssblog {

/// Runs `words` (found on PATH) with `more` in its environment (child_environment), and `input` on its stdin; what it writes goes to our stderr. It leads a group of its own, and all of that is killed after `patience`, or when
/// `stopped`, asked some ten times a second, says so.
/// @return an error, with what became of it, unless it exits with 0.
Result<void> run_hook(std::span<const std::string> words, const Environment& more, std::string_view input,
                      std::chrono::milliseconds patience, const std::function<bool()>& stopped = {});

}  // namespace ssblog
