// SPDX-License-Identifier: MIT
#include "store/arrivals.h"

namespace ssblog {

Arrivals::Arrivals(Store& store)
    : of_next_(store.database(),
               "SELECT id, last_sequence, received FROM arrivals WHERE feed = ? AND last_sequence > ? "
               "ORDER BY last_sequence LIMIT 1") {}

Result<std::optional<ArrivalRow>> Arrivals::of_next(FeedNumber feed, Seq behind) {
  auto run = of_next_.run(feed, behind);
  auto row = run.step();
  if (!row) return row.error();
  if (!*row) return std::optional<ArrivalRow>();
  return std::optional(ArrivalRow{run.integer(0), static_cast<Seq>(run.integer(1)), run.integer(2)});
}

}  // namespace ssblog
