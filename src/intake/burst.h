// SPDX-License-Identifier: MIT
// intake/burst.h - reads the next stretch of one file, and makes contents of it.
//
// Used by the collector. Nothing is remembered here: what was read is told by the position behind it, and what the
// contents do not cover is read again. One thread.
#pragma once

#include "intake/file_bytes.h"
#include "intake/source_rules.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// How a stretch is to be read.
struct BurstManner {
  Millis now = 0;
  bool old = false;                   ///< the bytes stood there before we looked
  std::optional<Millis> fresh_since;  ///< ... but lines with a time from here on just came
  bool record_due = false;            ///< a record at the end counts as whole
  bool line_due = false;              ///< a line without its newline is given out
  bool ends = false;                  ///< the file ends where it ends now
  std::optional<std::uint64_t> most;  ///< bytes; what is behind them is given up
};

struct Burst {
  std::vector<std::string> contents;
  Position after;           ///< with the contents published
  bool at_end = false;      ///< nothing is behind it in the file
  bool holds_back = false;  ///< ... but a record or a line that may go on
  bool truncated = false;  ///< the file does not have the bytes any more that were read: nothing else is told
};

/// Most lines say the second alone.
inline constexpr Millis coarse_time = 1000;

/// Bytes of one stretch, at most.
inline constexpr std::size_t most_burst = LineCutter::most_record;

/// Of a file that is open; its identity was checked.
Result<Burst> read_burst(FileBytes& file, const SourceRules& rules, const Position& position,
                         const BurstManner& manner);

/// The file still begins with what was read, and ends its read part with it.
Result<bool> still_holds(FileBytes& file, const Position& position);

/// Sets head and tail of a position from the file, up to its next byte.
Result<void> take_prints(FileBytes& file, Position& position);

}  // namespace ssblog
