// SPDX-License-Identifier: MIT
// assemble/split/name_template.h - which file a line goes to: `{host}@{id}/{job}.log`.
//
// Feeds are hostile, and what they say becomes the names of files: a value never is more than a part of one name, never
// hidden, never `..`, and two lines go to one file only if all that the template names of them is equal. Names that
// differ in the case of letters alone are two files only where the file system thinks so. Pure but for the clock's zone.
#pragma once

#include "assemble/clock_text.h"
#include "assemble/sweep.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

enum class NameField { host, id, source, destination, job, stream, date, year, month, day };

/// Longest part of a path that is made here, in bytes; the state beside a file adds some.
inline constexpr std::size_t longest_name = 200;

/// A value as a part of a name: `[A-Za-z0-9._-]` stand as they are, but for a dot or a dash at its beginning; every other
/// byte, and `separator`, is `%XX`; nothing is `_`, and `_` is `%5F`.
std::string name_part(std::string_view value, char separator = '\0');

class NameTemplate {
 public:
  /// Code::usage for an absolute name, `..`, names that begin with a dot, unknown placeholders, and two placeholders with
  /// nothing between them that keeps their values apart.
  static Result<NameTemplate> parse(std::string_view text);

  /// The file of a line, relative to the directory. `day` is that of its t'.
  std::string path_of(const SweptLine& line, const CivilDay& day) const;

  /// True: whatever lines say, the last name ends in text that is no digit; so `.1` behind it is no other line's file.
  bool has_suffix() const;

  /// True: what goes to which file depends on the day.
  bool by_day() const { return by_day_; }
  const std::string& text() const { return text_; }

 private:
  struct Part {
    std::string literal;  ///< before the value
    std::optional<NameField> field;
    char separator = '\0';  ///< that must not be in the value
  };
  using Name = std::vector<Part>;  ///< between two slashes

  static Result<void> keep_apart(Name& name);

  std::string text_;
  std::vector<Name> names_;
  bool by_day_ = false;
};

}  // namespace ssblog
