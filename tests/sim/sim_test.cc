// SPDX-License-Identifier: MIT
// sim/sim_test.cc - the simulation itself: it is the same for the same seed, and it finds what is planted.
#include "sim/scenario.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace ssblog;
using namespace ssblog::sim;

TEST_CASE("the same seed gives the same trace, another seed another") {
  for (std::uint64_t seed = 3; seed <= 5; ++seed) {
    CAPTURE(seed);
    const Outcome once = run_seed(seed), again = run_seed(seed);
    CHECK(once.trace == again.trace);
    CHECK(once.events == again.events);
    CHECK(once.trace != run_seed(seed + 100).trace);
  }
}

TEST_CASE("every planted bug is found, by the invariant that it breaks") {
  constexpr std::uint64_t most_seeds = 60;
  for (const Planted& bug : planted) {
    CAPTURE(bug.name);
    std::uint64_t seed = 1;
    Outcome outcome;
    while (seed <= most_seeds && !(outcome = run_seed(seed, bug.bug)).violation) ++seed;
    REQUIRE_MESSAGE(outcome.violation, "not found");
    CHECK(outcome.violation->invariant == bug.found_by);
    MESSAGE(fmt::format("{}: seed {}: {}: {}", bug.name, seed, outcome.violation->invariant,
                        outcome.violation->text));
  }
}
