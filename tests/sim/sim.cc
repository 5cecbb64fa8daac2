// SPDX-License-Identifier: MIT
// sim/sim.cc - runs seeds: `sim` some hundreds (SSBLOG_LONG=1: thousands), `sim --seeds FIRST COUNT` those, and
// `sim --seed N [--trace]` one, with all that happens in it.
#include "sim/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

using namespace ssblog::sim;

namespace {

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

constexpr unsigned most_threads = 4;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

int report(std::uint64_t seed, const Outcome& outcome) {
  if (!outcome.violation) return 0;
  fmt::print("seed {}: broken: {}: {}\n  see it all: sim --seed {} --trace\n", seed,
             outcome.violation->invariant, outcome.violation->text, seed);
  return 1;
}

int run_one(std::uint64_t seed, bool trace) {
  const Outcome outcome = run_seed(seed, Bug::none, trace ? stdout : nullptr);
  fmt::print("seed {}: trace {:016x}, {} events, equal {:.1f} s after the unrest\n", seed, outcome.trace,
             outcome.events, static_cast<double>(outcome.calm.count()) / 1e6);
  return report(seed, outcome);
}

/// Each seed is a world of its own: they run beside each other, and are told in their order.
int run_many(std::uint64_t first, std::uint64_t count) {
  const auto begun = std::chrono::steady_clock::now();
  std::vector<Outcome> outcomes(count);
  std::atomic<std::uint64_t> next{0};
  const auto work = [&] {
    for (std::uint64_t i = next++; i < count; i = next++) outcomes[i] = run_seed(first + i);
  };
  std::vector<std::thread> others(std::clamp(std::thread::hardware_concurrency(), 1U, most_threads) - 1);
  for (auto& other : others) other = std::thread(work);
  work();
  for (auto& other : others) other.join();

  int failed = 0;
  Outcome sum;
  for (std::uint64_t i = 0; i < count; ++i) {
    failed += report(first + i, outcomes[i]);
    sum.events += outcomes[i].events;
    sum.set_backs += outcomes[i].set_backs;
    sum.restarts += outcomes[i].restarts;
    sum.blocks += outcomes[i].blocks;
    sum.restores += outcomes[i].restores;
    sum.forks += outcomes[i].forks;
    sum.known += outcomes[i].known;
    sum.calm = std::max(sum.calm, outcomes[i].calm);
  }
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  fmt::print(
      "{} seeds, {} failed, in {:.1f} s: {} events, {} restarts, {} stores set back, {} with their guards "
      "({} forked, all know it of {}), {} blocks; longest calm {:.0f} s\n",
      count, failed, took, sum.events, sum.restarts, sum.set_backs, sum.restores, sum.forks, sum.known,
      sum.blocks, static_cast<double>(sum.calm.count()) / 1e6);
  return failed == 0 ? 0 : 1;
}

/// As many as a minute allows.
std::uint64_t usual_count() {
  const char* const longer = std::getenv("SSBLOG_LONG");
  const bool is_long = longer != nullptr && std::string_view(longer) == "1";
  return (is_long ? 3000 : 300) / (sanitized ? 10 : 1);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arg = [&](int i) { return i < argc ? std::string_view(argv[i]) : std::string_view(); };
  if (arg(1) == "--seed" && argc >= 3) return run_one(number(arg(2)), arg(3) == "--trace");
  if (arg(1) == "--seeds" && argc >= 4 && number(arg(3)) > 0) return run_many(number(arg(2)), number(arg(3)));
  if (argc == 1) return run_many(1, usual_count());
  fmt::print(stderr, "usage: sim | sim --seed N [--trace] | sim --seeds FIRST COUNT\n");
  return 64;
}
