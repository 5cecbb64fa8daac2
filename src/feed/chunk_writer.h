// SPDX-License-Identifier: MIT
// feed/chunk_writer.h - packs the bytes of one stream into contents of `log` messages.
//
// Used by publish and by every other way in. Bytes and times come in, contents come out; the writer holds
// at most about one message's worth of bytes, so its memory is bounded whatever comes. What comes out,
// read in order, gives the same bytes again. What bytes cost there, and in which encoding, is text_encoding.h's. Pure,
// one thread. Source: design.md, section 4, "log".
#pragma once

#include "feed/record.h"
#include "feed/result.h"
#include "feed/text_encoding.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

enum class Packing {
  full,              ///< as many lines a message as fit
  line_per_message,  ///< one line a message, without `chunk` where that is possible
};

/// Where the time of a line comes from: `chunk.time_from`. The surest first; a chunk says the least sure of its lines.
enum class TimeFrom { read, line, interpolated, mtime };
/// What `chunk.time_from` calls it; left out there for `read`.
std::string_view time_from_name(TimeFrom from);

/// What is known of a line that did not just come.
struct LineStamp {
  Millis time = 0;
  TimeFrom from = TimeFrom::read;
  bool joins = false;                    ///< belongs to the same record as the line before it
  std::optional<int> level = {};         ///< 0 to 7; nothing: unknown
  std::string_view boot = {};            ///< 8 lower-case hex digits; empty: unknown
  std::optional<std::uint64_t> up = {};  ///< ms since that boot
};

class ChunkWriter {
 public:
  /// Takes a finished content: canonical compact JSON, valid during the call.
  using Emit = std::function<void(std::string_view content)>;
  /// Draws the `run` of a new stream instance: 16 lower-case hex digits.
  using DrawRun = std::function<std::string()>;

  /// `head` is what all messages of the stream say besides their lines, as a canonical compact object:
  /// `{"type":"log","source":"nas"}`.
  /// @return Code::data when it leaves too little room for lines.
  static Result<ChunkWriter> create(std::string_view head, Packing packing, DrawRun draw_run);

  /// Takes bytes that were read at `now` and emits what became full, to be signed at `now`.
  void add(std::string_view bytes, Millis now, const Emit& emit);

  /// Takes one whole line, with its newline, that has a time of its own. Lines that were taken by `add` must have been
  /// given out before. A line without a newline may only be followed by `finish`.
  void add_line(std::string_view line, const LineStamp& stamp, Millis now, const Emit& emit);

  /// Emits the whole lines that wait; the beginning of a line goes on waiting for its end.
  void flush(Millis now, const Emit& emit);

  /// Emits everything. What stands behind the last newline is marked as an unfinished last line of the
  /// stream, or, with `goes_on`, as one that the next byte of the stream continues.
  void finish(Millis now, const Emit& emit, bool goes_on = false);

  /// From now on chunks say the time of their first line even where the message would: it will be signed later.
  void always_tell_time() { tells_time_ = true; }

  /// The first byte to come stands at `offset` of the stream instance (0 unless told).
  void begin_at(std::uint64_t offset) { offset_ = offset; }

  /// When the first whole line that waits was read; nothing waits: nothing.
  std::optional<Millis> waiting_since() const;

  /// Bytes that were added and are in no content yet.
  std::size_t waiting_bytes() const { return held_.size() - begin_; }

  /// One content without `chunk` for a text that is published as it is; nothing when it does not fit or is
  /// no UTF-8 and so needs chunks.
  std::optional<std::string> whole_text(std::string_view text) const;

 private:
  struct Line {
    std::size_t end;  ///< in held_, behind its newline
    Millis time;
    bool joins = false;
    char level = '-';  ///< as `chunk.levels` has it
  };
  /// The boot that a line belongs to, and when in it.
  struct Uptime {
    std::string boot;  ///< empty: unknown
    std::optional<std::uint64_t> up;
  };

  ChunkWriter() = default;
  void scan(Millis now, const Emit& emit);
  std::size_t next_step_units(Millis time, bool line_joins) const;
  void take_line(std::size_t end, Millis now, const Emit& emit);
  void cut_long_line(std::size_t stop, bool may_stand_alone, Millis now, const Emit& emit);
  bool stands_alone(const TextCost& line) const;  ///< as one message without `chunk`
  bool fits_with(const TextCost& line, Millis time) const;
  bool same_clock(Millis time) const;
  std::size_t extra_units(std::size_t lines) const;
  void accept(std::size_t end, const TextCost& cost);
  void begin_chunk();
  void emit_lines(std::string_view flag, Millis now, const Emit& emit);
  void emit_chunk(std::string_view bytes, const TextCost& cost, std::string_view flag, Millis now,
                  const Emit& emit);
  std::string steps() const;
  void drop_front();

  std::string head_;  ///< the object without its closing brace
  Packing packing_ = Packing::full;
  bool tells_time_ = false;
  DrawRun draw_run_;
  std::size_t chunk_budget_ = 0;  ///< units for `text` in a message with a full `chunk`
  std::size_t levels_units_ = 0;  ///< that `chunk.levels` takes off it, but for its characters
  std::size_t uptime_units_ = 0;  ///< that `chunk.boot` and `chunk.up` take off it
  std::size_t line_budget_ = 0;   ///< units for the line that is taken, in a message of its own
  std::size_t plain_budget_ = 0;  ///< units for `text` in a message without

  std::string run_;           ///< of the instance under way; empty: none opened yet
  std::uint64_t offset_ = 0;  ///< in the instance, of held_[begin_]
  std::string held_;
  std::size_t begin_ = 0;        ///< where the chunk under way begins in held_
  std::size_t lines_end_ = 0;    ///< behind its last whole line
  std::size_t scanned_ = 0;      ///< up to here there is no other newline
  std::vector<Line> lines_;      ///< whole lines of the chunk under way
  TextCost cost_;                ///< of those, joined
  std::size_t steps_units_ = 0;  ///< of `chunk.at`, if it is needed
  bool steps_needed_ = false;
  std::optional<Millis>
      line_began_;           ///< when the first byte of the unfinished line was read, or its own time
  bool line_joins_ = false;  ///< the line that is taken belongs to the record of the line before
  TimeFrom line_from_ = TimeFrom::read;
  char line_level_ = '-';
  Uptime line_uptime_;
  Uptime uptime_;                   ///< of the first line of the chunk under way
  bool levels_needed_ = false;      ///< one of its lines has a level
  TimeFrom from_ = TimeFrom::read;  ///< the least sure of the chunk under way
  Millis latest_ = 0;               ///< greatest line time of the instance so far
};

}  // namespace ssblog
