// SPDX-License-Identifier: MIT
// cli/wait_copies.h - `publish --wait-copies`: is what was published on other machines too?
//
// Used by publish and ship.
#pragma once

#include "cli/own_options.h"
#include "store/home.h"
#include "store/publish.h"

#include <chrono>
#include <optional>
#include <string_view>

namespace ssblog {

struct WaitCopies {
  std::size_t copies = 0;
  std::chrono::milliseconds timeout{0};
};

/// The number of `--wait-copies`. Code::usage for one that is none.
Result<std::size_t> parse_copies(std::string_view text);

/// `--wait-copies N --timeout TIME`; nothing when they are not there.
Result<std::optional<WaitCopies>> read_wait_copies(const OwnOptions& own);

/// Waits until so many other hosts have said that they hold it. Code::busy (75) when they did not in time.
Result<void> wait_for_copies(const Home& home, Store& store, const Published& published,
                             const WaitCopies& wanted);

}  // namespace ssblog
