// SPDX-License-Identifier: MIT
// feed/text_encoding.h - bytes as the `text` of a message: as they are, or as Latin-1 or base64 where they are no UTF-8 or
// that is shorter.
//
// Used by ChunkWriter; record.cc reads it. What a text costs is counted as SSB counts the length of a message: in UTF-16
// units of its JSON, with the escapes, without the quotes. Pure, any thread. Source: design.md, section 4, "log".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ssblog {

/// What some bytes cost in each encoding.
struct TextCost {
  std::size_t text = 0;  ///< as they are; 0 unless `valid`
  std::size_t latin1 = 0;
  std::size_t bytes = 0;
  bool valid = true;  ///< well-formed UTF-8

  static TextCost of(std::string_view bytes);
  std::size_t base64() const { return (bytes + 2) / 3 * 4; }
  /// Of the encoding that `append_text` takes.
  std::size_t best() const;
  /// The cost of both with a newline between them.
  TextCost joined(const TextCost& line) const;
};

/// So many bytes fit into `units`, whatever they are.
constexpr std::size_t sure_bytes(std::size_t units) { return units / 4 * 3; }

/// Length of the piece to cut off a line that has more bytes than that: the longest that fits into `units` in any encoding,
/// or one of at least half that length that is well-formed UTF-8, where the longest is not. No code point is cut.
std::size_t piece_length(std::string_view line, std::size_t units);

/// Appends bytes, of this cost, as a JSON string.
/// @return what `chunk.encoding` calls it; empty: as they are.
std::string_view append_text(std::string& out, std::string_view bytes, const TextCost& cost);

}  // namespace ssblog
