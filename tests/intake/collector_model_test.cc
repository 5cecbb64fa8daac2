// SPDX-License-Identifier: MIT
// Random histories of log files, held against what their writers wrote (collector_history.h).
//     SSBLOG_SEED=17 intake_tests -tc="*random histories*"     one seed, with all that happens in it
//     SSBLOG_FROM=301 SSBLOG_COUNT=5000 SSBLOG_FAILS=50        others than the first, and how many may fail before it ends
#include "intake/collector_history.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <numeric>
#include <random>
#include <span>
#include <vector>

using namespace ssblog;

namespace {

Dice dice_of(std::uint32_t seed) {
  return Dice([engine = std::mt19937(seed)]() mutable { return static_cast<std::uint32_t>(engine()); });
}

/// Throws the dice for many histories, and tells what is wrong with the first few that are. Those that once showed a fault
/// are among them.
void check_histories(bool old_inodes, std::span<const std::uint32_t> shown) {
  const auto number = [](const char* name, std::uint32_t otherwise) {
    const char* given = std::getenv(name);
    return given != nullptr ? static_cast<std::uint32_t>(std::atoi(given)) : otherwise;
  };
  const char* only = std::getenv("SSBLOG_SEED");
  const std::uint32_t first = number("SSBLOG_SEED", number("SSBLOG_FROM", 1));
  const std::uint32_t count =
      only != nullptr ? 1 : number("SSBLOG_COUNT", std::getenv("SSBLOG_LONG") != nullptr ? 5000 : 300);
  const int most = static_cast<int>(number("SSBLOG_FAILS", 5));
  std::vector<std::uint32_t> seeds(count);
  std::iota(seeds.begin(), seeds.end(), first);
  if (count > 1) seeds.insert(seeds.end(), shown.begin(), shown.end());
  int failed = 0;
  for (const std::uint32_t seed : seeds) {
    if (failed == most) break;
    History history(dice_of(seed), dice_of(seed + 0x5eed), only != nullptr, old_inodes);
    history.run(120);
    auto faults = history.faults();
    if (faults.empty()) continue;
    ++failed;
    faults.resize(std::min<std::size_t>(faults.size(), 8));
    for (const std::string& fault : faults) FAIL_CHECK("seed ", seed, " (", history.manner(), "): ", fault);
  }
}

}  // namespace

TEST_CASE("after random histories each line came once, or its loss is told") {
  constexpr std::array<std::uint32_t, 6> shown = {724, 1731, 1868, 1888, 2000, 2480};
  check_histories(false, shown);
}

TEST_CASE("so it is after random histories without times of birth, and with times in whole seconds") {
  constexpr std::array<std::uint32_t, 22> shown = {575,  783,  866,   994,   1142,  1379, 1473, 1660,
                                                   1692, 1714, 2284,  2466,  2529,  5062, 5651, 5746,
                                                   6987, 8462, 13966, 14380, 17985, 394};
  check_histories(true, shown);
}
