// SPDX-License-Identifier: MIT
// feed/instance.h - the state of one stream instance, and where a chunk's lines stand in it.
//
// A stream instance is (feed, stream, run). Messages are placed in the order of their sequence, once, when
// they come into the store; what `place` finds is kept beside the message, so that a reader can lay out
// the lines of any message alone. Pure, any thread. Source: design.md, sections 4 and 6.
#pragma once

#include "feed/record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// Bytes [begin, end) of a stream instance.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool operator==(const Range&) const = default;
};

/// A line that did not end yet, and where it began.
struct OpenLine {
  std::uint64_t next_byte = 0;      ///< where its continuation must begin
  std::uint32_t first_message = 0;  ///< sequence of the message that holds its first piece
  std::uint32_t last_message = 0;   ///< sequence of the message that holds its last piece so far
  bool operator==(const OpenLine&) const = default;
};

struct InstanceState {
  std::uint64_t high = 0;        ///< one behind the highest covered byte
  std::optional<Millis> latest;  ///< t': the greatest line time so far
  std::optional<OpenLine> open;
  std::vector<Range> holes;  ///< below `high`, not covered, ascending
  bool operator==(const InstanceState&) const = default;
};

/// A line that lies this far behind t' starts afresh, so that one wrong date does not pin a stream.
inline constexpr Millis time_restart = 2 * 60 * 60 * 1000;

/// What the store keeps beside a message of a stream.
struct Placement {
  std::optional<Millis> first;        ///< t' of the first line that begins in it; none begins: nothing
  Millis last = 0;                    ///< greatest t' of its lines (0 when none begins)
  std::optional<OpenLine> continues;  ///< its first new byte goes on with this line
  std::uint64_t gap = 0;              ///< bytes that are missing before its first new byte
  bool whole = true;                  ///< all its bytes are new
  std::vector<Range> fresh;           ///< otherwise these are, as offsets of the instance
};

/// Takes the chunk of message `sequence` into the state of its instance.
Placement place(InstanceState& state, const Record& record, std::uint32_t sequence);

/// The placement of a log message that is a stream of its own.
Placement place_alone(const Record& record);

/// The placement of a one-line record whose run's greatest t' so far is `latest`.
Placement place_event(const Record& record, std::optional<Millis> latest);

/// A piece of a line, or a whole line, of one message.
struct LinePiece {
  std::string_view bytes;  ///< without its newline; points into the record
  std::uint32_t line = 0;  ///< which line of the message, from 0
  Millis time = 0;         ///< the line's own
  Millis order = 0;        ///< t'
  bool continues = false;  ///< goes on with a line that began in an earlier message
  bool finished = false;   ///< nothing can follow
  char level = '-';        ///< `0`-`7`, or `-` when `chunk.levels` says nothing
};

/// The new lines of a log message, in order. `pieces` is cleared first.
void lay_out(const Record& record, const Placement& placement, std::vector<LinePiece>& pieces);

/// The compact text of what is unusual in a placement (not first and last), empty when nothing is; and back.
std::string format_shape(const Placement& placement);
void parse_shape(std::string_view text, Placement& placement);

}  // namespace ssblog
