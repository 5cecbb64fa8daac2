// SPDX-License-Identifier: MIT
// tests/loop/run_until.h - a loop that runs until something is true.
#pragma once

#include "loop/timer.h"

#include <doctest/doctest.h>

#include <functional>
#include <optional>

namespace ssblog {

/// Runs until `done` says so, for 20 s at most.
inline void run_until(Loop& loop, const std::function<bool()>& done) {
  using namespace std::chrono_literals;
  const auto end = loop.now() + 20s;
  std::optional<Timer> look;
  look.emplace(loop, [&] {
    if (done() || loop.now() > end) return loop.stop();
    look->start(1ms);
  });
  look->start(0ms);
  loop.run();
  CHECK(done());
}

}  // namespace ssblog
