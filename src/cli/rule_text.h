// SPDX-License-Identifier: MIT
// cli/rule_text.h - rules and alerts in words, for people.
//
// Used by expect, alerts and status. Names and texts of feeds are escaped. Pure, any thread.
#pragma once

#include "assemble/alert_text.h"
#include "board/watch.h"

#include <string>

namespace ssblog {

/// The characters by which a person knows a rule or an alert: the beginning of its id in hex.
template <class Key>
std::string short_hex(const Key& id) {
  return to_hex(id.view()).substr(0, 8);
}

/// "every 24 h, 3 h late at most": what a rule wants of a job.
std::string wish_text(const Expectation& rule);

/// Why a run is overdue, or why nobody can say: "the host is up, the job did not run".
std::string doubt_text(const Overdue& overdue);

}  // namespace ssblog
