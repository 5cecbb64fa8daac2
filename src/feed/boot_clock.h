// SPDX-License-Identifier: MIT
// feed/boot_clock.h - times of a clock that was not set yet, put right.
//
// Used by the store, which keeps when boots began, and by what shows lines. Pure, any thread. Source: docs/format.md,
// "Clocks that were not set".
#pragma once

#include "feed/record.h"

namespace ssblog {

/// A clock that stands before it (2001-01-01) was not set yet.
inline constexpr Millis first_likely_time = 978'307'200'000;

/// The time of a line whose clock is put right by `shift`: what stands before `first_likely_time` is moved, and clamped.
Millis righted_time(Millis time, Millis shift);

}  // namespace ssblog
