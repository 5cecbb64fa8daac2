// SPDX-License-Identifier: MIT
// sim/scenario.h - a world and its fate, both of a seed.
//
// A time of unrest, in which hosts publish, meet, lose each other, die and come back; then a time of calm, in which all
// must come together.
#pragma once

#include "sim/ledger.h"
#include "sim/planted.h"

#include <cstdio>

namespace ssblog::sim {

struct Outcome {
  std::optional<Violation> violation;
  std::uint64_t trace = 0;  ///< a number that is the same when all that happened is the same
  std::uint64_t events = 0;
  Time calm{0};  ///< from the end of the unrest until all were equal
  std::size_t set_backs = 0, restarts = 0, blocks = 0;
  std::size_t restores = 0, forks = 0,
              known = 0;  ///< with their guards; who forked then; of whom all know it
};

/// `trace`: where to print what happens; null: nowhere.
Outcome run_seed(std::uint64_t seed, Bug bug = Bug::none, std::FILE* trace = nullptr);

}  // namespace ssblog::sim
