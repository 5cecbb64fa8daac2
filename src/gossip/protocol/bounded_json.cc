// SPDX-License-Identifier: MIT
#include "gossip/protocol/bounded_json.h"

#include "feed/json.h"
#include "feed/utf.h"
#include "gossip/protocol/limits.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

/// Counts without parsing. In a text that is no JSON the counts mean nothing, and the parser refuses it.
Result<void> count(std::string_view text, std::size_t max_keys) {
  std::size_t depth = 0;
  std::size_t keys = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_json_depth) {
        return Error{Code::data, fmt::format("JSON deeper than {} levels", max_json_depth)};
      }
    } else if (c == ']' || c == '}') {
      if (depth > 0) --depth;
    } else if (c == ':') {
      if (++keys > max_keys) return Error{Code::data, fmt::format("JSON with more than {} keys", max_keys)};
    }
  }
  return {};
}

}  // namespace

Result<std::string> read_json(ByteView body, std::size_t max_keys) {
  if (auto counted = count(as_text(body), max_keys); !counted) return counted.error();
  return canonical(is_utf8(body) ? as_text(body) : decode_utf8(body), Layout::compact);
}

}  // namespace ssblog
