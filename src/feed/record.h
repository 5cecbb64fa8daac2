// SPDX-License-Identifier: MIT
// feed/record.h - what a message says to a reader of logs: the record formats of ssblog, read.
//
// Used by the store (to place a message in time) and by everything that shows lines. The field names are
// for ever. Nothing here fails: what cannot be read is read as the design says, so that every host reads
// the same. Pure, any thread. Source: design.md, section 4.
#pragma once

#include "feed/bytes.h"
#include "feed/id.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

using Millis = std::int64_t;                         ///< ms since 1970
inline constexpr Millis max_time = 253402300799999;  ///< the last ms of the year 9999
inline constexpr std::uint64_t max_offset = (std::uint64_t{1} << 53) - 1;

/// A time as it is read: whole ms, clamped to 0..max_time.
Millis clamp_time(double ms);

enum class RecordKind {
  log,    ///< bytes of a stream
  job,    ///< a run began or ended
  loss,   ///< something was lost, and how much
  about,  ///< a feed names something, mostly itself
  other,  ///< anything else that a feed may hold
};

/// Where a chunk's bytes stand in its stream instance, and the times and levels of its lines.
struct Chunk {
  std::string run;           ///< 16 lower-case hex digits
  std::uint64_t offset = 0;  ///< bytes of the instance before it
  bool more = false;         ///< ends inside a line
  bool end = false;          ///< the stream ended here without a newline
};

/// One message, read. Kept from message to message by those who read many: `read_record` reuses it.
struct Record {
  RecordKind kind = RecordKind::other;
  std::string type;
  std::string source, destination, job, stream, level;  ///< empty when absent
  /// The same; also spelled `svc` and `fn`, where the long name is absent.
  std::string env, service, function;
  Millis time = 0;  ///< of the first line: `chunk.time`, a record's `time`, or the message's timestamp

  // log
  std::optional<Chunk> chunk;       ///< none: a stream of its own
  std::string bytes;                ///< decoded, without the newline that follows the last line
  std::uint32_t lines = 1;          ///< lines in it, the last one finished or not
  std::vector<std::int64_t> steps;  ///< `chunk.at`, one for each line: ms from the line before; empty: all 0
  std::string levels;               ///< `chunk.levels`, one character a line; empty: `level` for all
  std::string boot;                 ///< `chunk.boot`, 8 lower-case hex digits; empty: unknown
  std::optional<std::int64_t> up;   ///< `chunk.up`: ms since that boot, of the first line

  // job and loss
  std::string run;   ///< as it stands there; empty when absent or no text
  std::string note;  ///< what is shown of it, one line

  // about
  std::string about, name;

  /// Bytes that it covers of its stream: decoded bytes and the newline, if one follows.
  std::uint64_t length() const { return bytes.size() + (ends_line() ? 1 : 0); }
  /// True when a newline follows its last byte.
  bool ends_line() const { return !chunk || (!chunk->more && !chunk->end); }
};

/// Reads canonical compact `content` of a message signed at `timestamp`.
void read_record(std::string_view content, double timestamp, Record& out);

}  // namespace ssblog
