// SPDX-License-Identifier: MIT
// view/http_target.h - what a request asks for: the parts of its path, and its parameters.
//
// Used by the API. Pure, any thread. Source: RFC 3986, sections 2.1, 3.3 and 3.4; parameters as
// application/x-www-form-urlencoded writes them.
#pragma once

#include "feed/result.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct HttpTarget {
  static constexpr std::size_t longest = 8000;  // bytes
  static constexpr std::size_t most_parts = 8;
  static constexpr std::size_t most_parameters = 16;

  std::vector<std::string> parts;  ///< of the path, decoded; "/hosts/nas/" and "/hosts/nas" have the same two
  std::map<std::string, std::string, std::less<>> parameters;

  std::optional<std::string> parameter(std::string_view name) const;
};

/// Reads a request's target in origin form. Code::usage for one that is something else: too long, a wrong escape, bytes that
/// are no UTF-8, a NUL in the path (what a parameter names may have one), `.` or `..` as a part, a parameter that comes twice.
Result<HttpTarget> parse_target(std::string_view target);

/// A text as a part of a path, or as a value of a parameter.
std::string percent_encoded(std::string_view text);

}  // namespace ssblog
