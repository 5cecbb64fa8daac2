// SPDX-License-Identifier: MIT
// assemble/text_pattern.h - a word or a pattern that is looked for in lines.
//
// Used where lines are chosen by what they say, and where it is marked. RE2 does the work, behind one file: its time is
// linear in the line, and its memory bounded. One thread an object.
#pragma once

#include "feed/result.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace ssblog {

/// What is looked for.
struct TextRule {
  std::string text;       ///< UTF-8
  bool pattern = false;   ///< of RE2; else the text itself
  bool any_case = false;  ///< `a` is found in `A`
  bool without = false;   ///< lines are wanted in which it does not stand

  bool operator==(const TextRule&) const = default;
};

/// True where a text asks for its own case by a capital letter. Of a pattern `\S` and the like are none.
bool has_capital(std::string_view text, bool pattern);

/// A text that is equal for equal rules.
std::string to_text(const TextRule& rule);

class TextPattern {
 public:
  static constexpr std::size_t longest = 1000;  // bytes

  /// Code::usage, with RE2's reason, for what is no pattern, too long, or no UTF-8.
  static Result<TextPattern> make(const TextRule& rule);
  TextPattern(TextPattern&&) noexcept;
  TextPattern& operator=(TextPattern&&) noexcept;
  ~TextPattern();

  /// Whether it stands there; `without` plays no part.
  bool stands_in(std::string_view line) const;

  struct Place {
    std::size_t begin = 0, end = 0;
  };
  /// The first place from `from` on that has bytes; nothing: there is none.
  std::optional<Place> find(std::string_view line, std::size_t from) const;

 private:
  explicit TextPattern(std::unique_ptr<re2::RE2> compiled);
  std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace ssblog
