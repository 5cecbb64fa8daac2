// SPDX-License-Identifier: MIT
// assemble/selection.h - which lines are wanted.
//
// Used by log and assemble. Pure values.
#pragma once

#include "feed/id.h"
#include "feed/record.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

struct Selection {
  std::vector<FeedId> feeds;          ///< empty: all
  std::optional<std::string> source;  ///< as the line says it
  std::optional<std::string> destination;
  std::optional<std::string> job;
  std::optional<std::string> stream;
  std::optional<Millis> since, until;  ///< by t', both included
  /// Lines with a clock that was not set yet stand, and are looked for, where they belong, as far as their boot told it
  /// later (docs/format.md). Not where an output must stay as it is: the place moves with each later word of the boot.
  bool right_clocks = false;
  bool all_types = false;  ///< messages that are no log, job or loss, too

  bool wants_feed(const FeedId& id) const;
  bool wants(const Record& record) const;
};

/// A text that is equal for equal selections; kept with what was made of one.
std::string to_text(const Selection& selection);

}  // namespace ssblog
