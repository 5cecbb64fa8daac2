// SPDX-License-Identifier: MIT
// assemble/line_position.h - where a line stands in the one order of everything that is read.
//
// Used by sweep and by the state of output files. Source: design.md, section 6.
#pragma once

#include "feed/message.h"
#include "feed/record.h"

namespace ssblog {

/// (t', the feed's 32 key bytes, sequence, line); compared in this order.
struct LinePosition {
  Millis order = 0;
  FeedId feed;
  Seq sequence = 0;
  std::uint32_t line = 0;  ///< 0: what is said before the message's lines (a gap); then its pieces, from 1
  auto operator<=>(const LinePosition&) const = default;
};

/// Just behind a position: no line lies between.
inline LinePosition just_behind(LinePosition position) {
  ++position.line;
  return position;
}

}  // namespace ssblog
