// SPDX-License-Identifier: MIT
// intake/run_packer.h - packs the streams of one run (a command's stdout and stderr, a tee) into contents.
//
// Used by Courier. All streams and records share one `run`. Lines of different streams come out in the order in which
// they were read: readers order by time and then by the order of messages, so lines of the same ms are never left
// waiting in one stream while another goes on. Pure, one thread.
#pragma once

#include "feed/chunk_writer.h"
#include "feed/event_content.h"
#include "intake/level_filter.h"
#include "intake/redacted_stream.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// Draws the `run` of new stream instances: 16 lower-case hex digits.
std::string draw_run();

/// What is lost of a stream.
struct LostBytes {
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> lines;  ///< nothing: nobody has counted them
  Millis time = 0;                     ///< when the last of them came
};

class RunPacker {
 public:
  using Emit = ChunkWriter::Emit;

  struct Stream {
    std::string name;
    Level unknown = info_level;  ///< what a line counts as that does not say
  };
  struct Plan {
    JobRun run;
    std::optional<Level> level;   ///< that stands in all messages
    std::optional<Level> filter;  ///< only lines of this level or worse are packed
    std::vector<Stream> streams;
    std::shared_ptr<const Redactor> redactor = {};  ///< null: lines are packed with all that is in them
  };

  /// Code::data when the names leave too little room for lines.
  static Result<RunPacker> create(const Plan& plan);

  /// Takes bytes of a stream, by its place in the plan, that were read at `time`.
  void add(std::size_t stream, std::string_view bytes, Millis time, const Emit& emit);

  /// Says that bytes of the stream were lost here. A line under way ends.
  void lose(std::size_t stream, const LostBytes& lost, std::string_view reason, const Emit& emit);

  /// Emits the whole lines that wait.
  void flush(const Emit& emit);

  /// Emits everything.
  void finish(const Emit& emit);

  std::size_t stream_count() const { return streams_.size(); }

  /// When the oldest whole line that waits was read; nothing waits: nothing.
  std::optional<Millis> waiting_since() const;

 private:
  struct Packed {
    std::string name;
    ChunkWriter writer;
    std::optional<LevelFilter> filter;
    std::optional<RedactedStream> redacted;
    std::uint64_t bytes = 0;  ///< that the writer took
  };
  void choose(Packed& stream, std::string_view bytes, Millis time, const Emit& emit);
  void write(Packed& stream, std::string_view bytes, Millis time, const Emit& emit);
  void end_line(Packed& stream, bool cut, const Emit& emit);

  JobRun run_;
  std::vector<Packed> streams_;
  Millis last_time_ = 0;
};

}  // namespace ssblog
