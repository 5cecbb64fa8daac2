// SPDX-License-Identifier: MIT
// intake/path_pattern.h - patterns of paths: `*`, `?`, `[a-z]`, `[!a-z]`, `**` (any number of folders), `{a,b}`.
//
// Used to find the files of a source. A backslash takes the sign behind it literally. Matching takes time in proportion
// to pattern times path, whatever they are. Pure, any thread.
#pragma once

#include "feed/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

class PathPattern {
 public:
  static constexpr std::size_t longest = 4096;           ///< bytes of a pattern
  static constexpr std::size_t most_alternatives = 256;  ///< that braces make of one
  static constexpr std::size_t most_parts = 63;

  /// One pattern for each alternative of its braces. Code::config for one that is not absolute (unless `relative`), has
  /// an open bracket, names no file, or has too many alternatives. One that is relative matches the last parts of a path.
  static Result<std::vector<PathPattern>> parse(std::string_view pattern, bool relative = false);

  /// The whole path matches. No part that begins with a dot matches `*`, `?`, `[a-z]` or `**`. A `**` at the end stands
  /// for everything below, at any depth.
  bool matches(std::string_view path) const;

  /// Something below the folder `path` can match: it is worth to be looked into.
  bool may_match_below(std::string_view path) const;

  /// The folder that stands before the first part with a sign of a pattern, or before the last part: "/var/log" of
  /// "/var/log/*.log" and of "/var/log/syslog". Empty for one that is relative.
  const std::string& root() const { return root_; }
  /// No sign of a pattern in it: this one path.
  bool is_literal() const { return literal_; }
  /// The path that a literal one names.
  std::string path() const;
  /// As it was written, but for its braces.
  const std::string& text() const { return text_; }

 private:
  /// The sets of parts that can come next, one bit each, once all parts of `path` are matched.
  std::uint64_t states_after(std::string_view path) const;

  std::string text_, root_;
  std::vector<std::string> parts_;
  bool literal_ = false, relative_ = false;
};

/// One of them matches.
bool any_matches(const std::vector<PathPattern>& patterns, std::string_view path);

}  // namespace ssblog
