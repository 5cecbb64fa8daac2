// SPDX-License-Identifier: MIT
// assemble/format/json_text.h - bytes as the inside of a JSON string, checked and escaped in one pass.
//
// Used by the formats of JSON, and by logfmt, whose quoted values are the same. Beyond what JSON asks for, what a
// terminal would obey is `\uNNNN` too (characters.h): any parser gives it back, and `cat` is safe. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ssblog {

/// Text that comes in pieces; a sequence of UTF-8 may be cut between two.
class JsonText {
 public:
  /// Appends to `out`. False: the bytes are no UTF-8; what was appended is of no use then, nor is the object.
  bool add(std::string_view piece, std::string& out);
  /// False: the last sequence is not whole. The object is ready for the next text.
  bool finish();

 private:
  std::array<std::uint8_t, 4> held_{};  // the beginning of a sequence
  std::size_t held_size_ = 0;
};

/// The same for text that is there as a whole.
bool append_json_text(std::string& out, std::string_view text);

/// `"name":"text"`, with a comma before it unless `out` ends in an opening brace. Text that is no UTF-8 (a field never
/// is) is left out.
void append_json_member(std::string& out, std::string_view name, std::string_view text);

}  // namespace ssblog
