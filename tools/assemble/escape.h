// SPDX-License-Identifier: MIT
// assemble/escape.h - text and names as they stand in an assembled file: safe for a terminal, reversible.
//
// Used by the renderer of lines. Pure, any thread.
// Source: design.md, section 6.
#pragma once

#include "feed/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// Escapes the bytes of one whole line that come in pieces; a sequence of UTF-8 may be cut between two.
/// Backslash is `\\`, CR `\r`; other bytes 00-1F but tab, 7F and all that is not well-formed UTF-8 are
/// `\xNN`; characters that a terminal would obey or that turn the order of text around (U+0080-009F, 061C,
/// 200E, 200F, 2028-202E, 2066-2069, FEFF) are `\uNNNN`; everything else stands as it is.
class LineEscaper {
 public:
  /// Appends to `out` what the piece gives. Up to three bytes at its end may wait for the next one.
  void add(ByteView piece, std::string& out);
  /// Ends the line. The object is ready for the next one.
  void finish(std::string& out);

 private:
  std::array<std::uint8_t, 4> held_{};  // the beginning of a sequence
  std::size_t held_size_ = 0;
};

/// The same for a line that is there as a whole.
void escape_line(ByteView line, std::string& out);

/// What a person wrote, as an error names it: its first 80 bytes, a `?` for each control character. Whoever shows the error
/// escapes the rest.
std::string quotable(std::string_view text);

/// The bytes that `escape_line` made this text of; nothing if it cannot have made it.
std::optional<ByteBuf> unescape_line(std::string_view text);

/// Longest escaped name, its `~` included.
inline constexpr std::size_t escaped_name_max = 64;

/// Host, job or stream in front of a line: every UTF-16 unit outside [A-Za-z0-9._/:-] is `\uNNNN` (a byte
/// that is not UTF-8 counts as U+FFFD), and what is too long then is cut at a whole escape and ends in `~`.
std::string escape_name(std::string_view utf8);

}  // namespace ssblog
