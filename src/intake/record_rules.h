// SPDX-License-Identifier: MIT
// intake/record_rules.h - which lines belong to the record of the line before them.
//
// Used by the line cutter. Decided line by line, with what RecordState remembers, so it is the same however the bytes
// come. Nothing is looked up further down: a line that joins wrongly costs no more than a `+` in its chunk. Pure, any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ssblog {

inline constexpr std::size_t most_record_lines = 500;

/// What may follow in the record under way, beside indented lines.
enum class Trace : std::uint8_t {
  none,
  java,            ///< an exception; its frames are indented
  python_frames,   ///< behind "Traceback": frames, then the exception
  python_end,      ///< behind the exception
  python_between,  ///< behind a blank line behind it
  python_link,     ///< behind "During handling of the above exception"
  go,
  rust_message,  ///< behind "panicked at FILE:"
  rust,
  php,  ///< numbered frames
  asan,
  asan_end,  ///< behind its summary
};
inline constexpr auto last_trace = Trace::asan_end;

struct RecordState {
  std::size_t lines = 0;   ///< of the record under way; 0: none yet
  std::size_t bytes = 0;   ///< of it
  std::size_t indent = 0;  ///< of its first line
  bool timed = false;      ///< its first line has a time
  Trace trace = Trace::none;

  /// More lines are to be expected: it is worth waiting for them.
  bool expects_more() const { return (lines > 1 || trace != Trace::none) && lines < most_record_lines; }
};

/// Takes the next line, without its newline. `timed`: it has a time of its own.
/// @return it belongs to the record of the line before.
bool take_automatic(RecordState& record, std::string_view line, bool timed, std::size_t most_bytes);

/// The same where only lines that match begin a record.
bool take_by_pattern(RecordState& record, std::string_view line, bool begins, std::size_t most_bytes);

}  // namespace ssblog
