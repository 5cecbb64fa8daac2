// SPDX-License-Identifier: MIT
#include "cli/alert_watch.h"

#include <doctest/doctest.h>

using namespace ssblog;
using namespace std::chrono_literals;

TEST_CASE("looks at the jobs take a small part of the time, and come at least as often as without changes") {
  CHECK(AlertWatch::pause_after(0ms) == 500ms);
  CHECK(AlertWatch::pause_after(25ms) == 500ms);
  CHECK(AlertWatch::pause_after(300ms) == 6s);
  CHECK(AlertWatch::pause_after(1h) == 30s);
}
