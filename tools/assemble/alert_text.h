// SPDX-License-Identifier: MIT
// assemble/alert_text.h - an alert as a person, a program and a command's environment get it.
//
// Used by alerts, expect, the board, the view and the daemon. All texts are of feeds, and may hold anything: in lines and in
// the environment they are escaped, in JSON they stand as they are. One thread.
#pragma once

#include "store/alert_book.h"

#include <string>
#include <utility>
#include <vector>

namespace ssblog {

struct ShownAlert {
  KnownAlert known;
  std::string host, author;  ///< what the feeds call themselves; empty: nothing
};

/// "nightly (nas > offsite) on web@Xq3vT0aB". `host` is what its feed calls itself.
std::string job_text(const WatchedJob& of, const std::string& host);

/// Why a run is missing: "the host is up, the job did not run". Empty: nothing is said.
std::string reason_text(AlertReason reason);

/// What a host calls itself, as it is; empty: nothing, or it is not known here.
Result<std::string> host_name_of(Store& store, const FeedId& id);

Result<ShownAlert> shown_alert(Store& store, KnownAlert known);

/// One line without its end: "late nightly (nas > offsite) on web@Xq3vT0aB: was due ...; nobody has seen the host since".
std::string alert_line(const ShownAlert& alert);

/// A compact object.
std::string alert_json(const ShownAlert& alert);

/// SSBLOG_ALERT_KIND and its like, with values that hold no control character.
std::vector<std::pair<std::string, std::string>> alert_environment(const ShownAlert& alert);

}  // namespace ssblog
