// SPDX-License-Identifier: MIT
// Random histories of log files, held against what their writers wrote (collector_history.h).
//     SSBLOG_SEED=17 intake_tests -tc="*random histories*"     one seed, with all that happens in it
#include "intake/collector_history.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

using namespace ssblog;

namespace {

Dice dice_of(std::uint32_t seed) {
  return Dice([engine = std::mt19937(seed)]() mutable { return static_cast<std::uint32_t>(engine()); });
}

}  // namespace

TEST_CASE("after random histories each line came once, or its loss is told") {
  const char* only = std::getenv("SSBLOG_SEED");
  const std::uint32_t first = only != nullptr ? static_cast<std::uint32_t>(std::atoi(only)) : 1;
  const std::uint32_t count = only != nullptr ? 1 : std::getenv("SSBLOG_LONG") != nullptr ? 5000 : 300;
  int failed = 0;
  for (std::uint32_t seed = first; seed < first + count && failed < 5; ++seed) {
    History history(dice_of(seed), dice_of(seed + 0x5eed), only != nullptr);
    history.run(120);
    auto faults = history.faults();
    if (faults.empty()) continue;
    ++failed;
    faults.resize(std::min<std::size_t>(faults.size(), 8));
    for (const std::string& fault : faults) FAIL_CHECK("seed ", seed, " (", history.manner(), "): ", fault);
  }
}
