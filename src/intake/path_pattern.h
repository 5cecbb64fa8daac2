// SPDX-License-Identifier: MIT
// intake/path_pattern.h - patterns of paths: `*`, `?`, `[a-z]`, `**` (any number of folders), `{a,b}`.
//
// Used to find the files of a source. Pure, any thread.
#pragma once

#include "feed/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

class PathPattern {
 public:
  /// Code::config for one that is not absolute (unless `relative`), has an open bracket, or has too many alternatives.
  static Result<std::vector<PathPattern>> parse(std::string_view pattern, bool relative = false);

  /// The whole path matches. No part that begins with a dot matches `*`, `?` or `**`.
  bool matches(std::string_view path) const;

  /// Something below the folder `path` can match: it is worth to be looked into.
  bool may_match_below(std::string_view path) const;

  /// The folder that stands before the first part with a sign of a pattern: "/var/log" of "/var/log/*.log".
  const std::string& root() const { return root_; }
  /// No sign of a pattern in it: this one path.
  bool is_literal() const { return literal_; }
  const std::string& text() const { return text_; }

 private:
  std::string text_, root_;
  std::vector<std::string> parts_;
  bool literal_ = false;
};

}  // namespace ssblog
