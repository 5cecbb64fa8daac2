// SPDX-License-Identifier: MIT
#include "feed/json.h"
#include "feed/json_escape.h"
#include "feed/utf.h"

namespace ssblog {
namespace {

/// Where the first character that must be escaped stands, or the end.
std::size_t plain_prefix(std::string_view text) {
  std::size_t at = 0;
  for (; text.size() - at >= swar::width; at += swar::width) {
    const std::uint64_t marks = needs_escape(swar::load(text.data() + at));
    if (marks) return at + swar::first(marks);
  }
  while (at < text.size() && !is_escaped(text[at])) ++at;
  return at;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const std::size_t plain = plain_prefix(text);
    out += text.substr(0, plain);
    if (plain == text.size()) break;
    out += escape_of(text[plain]);
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

bool text_of(std::string_view value, std::string& out) {
  out.clear();
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return false;
  std::string_view rest = value.substr(1, value.size() - 2);
  for (;;) {
    const std::size_t plain = plain_prefix(rest);
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty()) return true;
    if (const auto unit = unicode_escape(rest)) {
      // In canonical text an escaped surrogate is always a lone one.
      append_utf8(out, is_high_surrogate(*unit) || is_low_surrogate(*unit) ? 0xfffd : *unit);
      rest.remove_prefix(6);
    } else if (rest.size() > 1 && rest[0] == '\\' && unescaped(rest[1]) != 0) {
      out += unescaped(rest[1]);
      rest.remove_prefix(2);
    } else {
      return false;
    }
  }
}

std::optional<std::string> text_of(std::string_view value) {
  std::string text;
  if (!text_of(value, text)) return std::nullopt;
  return text;
}

}  // namespace ssblog
