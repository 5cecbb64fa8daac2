// SPDX-License-Identifier: MIT
// sink/portion.h - some lines, as a program is given them, and what the cursor is when it has taken them.
//
// Made by PortionReader, kept in Outstanding while it is with the program. Plain values.
#pragma once

#include "assemble/sweep.h"
#include "sink/cursor.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ssblog {

/// Where the cursor goes on for some feeds.
using CursorSteps = std::vector<std::pair<FeedId, FeedMark>>;

/// How much of a text.
struct TextSize {
  std::uint64_t bytes = 0, lines = 0;  ///< lines: by their ends, at least one a record
};

/// Of the whole text of a portion: what is known to be taken of it holds for that text alone.
using PortionDigest = std::array<std::uint8_t, 32>;

struct Portion {
  std::string text;
  std::vector<TextSize> ends;           ///< of its records, from the beginning of `text`; the last is its own
  CursorSteps steps;                    ///< what follows when it is taken
  std::map<FeedId, MessageSpan> spans;  ///< the messages whose lines it has
  std::size_t skipped = 0;              ///< of their records, those before `text`: they were taken before
  PortionDigest digest{};               ///< SHA-256, with what was taken before
  std::vector<std::string> troubles;    ///< feeds that are not what they were
  bool more = false;                    ///< there is more behind it

  TextSize size() const { return ends.empty() ? TextSize{} : ends.back(); }
};

/// A portion of which a program took the beginning before it ended.
struct PortionRest {
  std::map<FeedId, MessageSpan> spans;
  std::size_t skipped = 0;  ///< records that were taken
  std::uint64_t lines = 0;  ///< of those, the lines of the text that the program was given
  PortionDigest digest{};
};

}  // namespace ssblog
