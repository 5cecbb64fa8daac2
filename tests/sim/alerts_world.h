// SPDX-License-Identifier: MIT
// sim/alerts_world.h - five hosts over months, each with a job, a rule and a watch; faults are planted, alerts counted.
//
// Used by alerts.cc. Stores, rules, the judge and the turns are the product's own. Replication is a mere copy of messages
// between hosts that are on and not cut off from each other: how that comes about is what `World` simulates. Time goes on in
// steps; a seed gives the same world always.
#pragma once

#include "board/alert_turns.h"
#include "board/watch.h"
#include "feed/keys.h"
#include "sim/random.h"

#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ssblog::sim {

/// What befalls the job of a host in one night.
enum class Night {
  good,
  a_bit_late,
  absent,
  fails,
  fails_twice,
  hangs,
  never_ends,
  too_short,
  host_off,
  cut_off
};

/// A fault that was planted, and what has to follow: one alert of that kind about a due time in that night.
struct PlantedFault {
  std::size_t host = 0;
  AlertKind kind = AlertKind::late;
  Millis from = 0, until = 0;  ///< the due time lies between
};

struct AlertsOutcome {
  std::vector<std::string> wrong;  ///< sentences; empty: all is as it should be
  std::size_t faults = 0, messages = 0, ids = 0, looks = 0;
  std::map<std::string, std::size_t> reasons;  ///< of late alerts, how often each
};

struct AlertsOptions {
  std::uint64_t seed = 1;
  Millis begin = 0;  ///< midnight in Berlin, ms since 1970
  int days = 60;
  std::FILE* trace = nullptr;
};

AlertsOutcome run_alerts_world(const AlertsOptions& options);

}  // namespace ssblog::sim
