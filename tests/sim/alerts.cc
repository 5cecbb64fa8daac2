// SPDX-License-Identifier: MIT
// sim/alerts.cc - planted faults of jobs, and their alerts: `sim_alerts` a few seeds, `sim_alerts --seeds FIRST COUNT` those,
// and `sim_alerts --seed N [--trace]` one, with what happens in it.
#include "sim/alerts_world.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <vector>

using namespace ssblog;
using namespace ssblog::sim;

namespace {

/// Midnights in Berlin. Three weeks behind them the clocks are put back, and put forward.
constexpr Millis autumn = 1'791'151'200'000;  // 2026-10-05
constexpr Millis spring = 1'804'546'800'000;  // 2027-03-09

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool run(std::uint64_t seed, std::FILE* trace) {
  AlertsOptions options;
  options.seed = seed;
  options.begin = seed % 2 == 0 ? autumn : spring;
  options.trace = trace;
  const AlertsOutcome outcome = run_alerts_world(options);
  std::string reasons;
  for (const auto& [reason, count] : outcome.reasons) reasons += fmt::format(", {} {}", count, reason);
  fmt::print("seed {}: {} faults, {} ids in {} messages, {} looks{}\n", seed, outcome.faults, outcome.ids,
             outcome.messages, outcome.looks, reasons);
  for (const std::string& text : outcome.wrong) fmt::print("  {}\n", text);
  if (!outcome.wrong.empty()) fmt::print("  see it all: sim_alerts --seed {} --trace\n", seed);
  return outcome.wrong.empty() && outcome.faults > 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.size() >= 2 && words[0] == "--seed")
    return run(number(words[1]), words.size() > 2 && words[2] == "--trace" ? stdout : nullptr) ? 0 : 1;
  std::uint64_t first = 1, count = 2;
  if (words.size() == 3 && words[0] == "--seeds") {
    first = number(words[1]);
    count = number(words[2]);
  }
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) failed += run(seed, nullptr) ? 0 : 1;
  fmt::print("{} seeds, {} failed\n", count, failed);
  return failed == 0 ? 0 : 1;
}
