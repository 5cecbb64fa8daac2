// SPDX-License-Identifier: MIT
// intake/key_lines.h - which lines are of a private key in PEM, when they stand behind its BEGIN.
//
// Used by redact_scan.cc and secret_look.cc. Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ssblog {

inline constexpr std::size_t key_line =
    40;  ///< base64 letters that a line of a key has, but for its last ones
inline constexpr std::uint8_t most_short_lines = 2;  ///< the last line of a key, and a checksum

/// What a line behind the BEGIN of a key is made of.
struct KeyLine {
  std::size_t word = 0;    ///< base64 letters, the last ones of its text
  std::size_t column = 0;  ///< bytes before them: a log's own words
  bool blank_end = false;  ///< a blank stood behind the text
  bool is_header = false;  ///< `Proc-Type: 4,ENCRYPTED`

  bool is_empty() const { return word == 0 && column == 0; }
  std::size_t end() const { return column + word; }
};

/// `line` without its newline. Blanks, quotes and a terminal's colors behind the text do not count.
KeyLine read_key_line(std::string_view line);

/// So many base64 letters in a row stand in it as in a line of a key.
bool has_key_line(std::string_view text);

/// The line ends the key.
bool is_key_end(std::string_view line);

/// What stands behind the header of a key, to the next header.
std::string_view before_next_header(std::string_view behind_header);

}  // namespace ssblog
