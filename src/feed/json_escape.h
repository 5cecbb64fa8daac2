// SPDX-License-Identifier: MIT
// feed/json_escape.h - the escapes of JSON strings, written and read.
//
// Used inside feed/ by json. Pure, any thread. Source: messages.md, "Exact text", "Strings".
#pragma once

#include "feed/swar.h"

#include <cassert>
#include <optional>
#include <string_view>

namespace ssblog {

/// The high bit of each of eight bytes that cannot stand in a canonical string as it is: a quote, a
/// backslash, a control. Marks above the lowest one may be wrong.
inline std::uint64_t needs_escape(std::uint64_t word) {
  return swar::equal(word, '"') | swar::equal(word, '\\') |
         ((word - swar::all(0x20)) & ~word & swar::high_bits);
}

/// As needs_escape, and each byte that is not ASCII.
inline std::uint64_t needs_escape_or_foreign(std::uint64_t word) {
  const std::uint64_t quote = (word ^ swar::all('"')) - swar::all(1);
  const std::uint64_t backslash = (word ^ swar::all('\\')) - swar::all(1);
  return (quote | backslash | (word - swar::all(0x20)) | word) & swar::high_bits;
}

/// True when an ASCII character is printed as an escape.
inline bool is_escaped(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

/// The canonical escape of such a character.
inline std::string_view escape_of(char c) {
  assert(is_escaped(c));
  constexpr const char* controls =
      "\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b    \\t    \\n    \\u000b\\f    \\r    "
      "\\u000e\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b"
      "\\u001c\\u001d\\u001e\\u001f";
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  const bool is_short = c == '\b' || (c >= '\t' && c <= '\r' && c != '\v');
  return {controls + static_cast<unsigned char>(c) * 6, is_short ? 2U : 6U};
}

/// The character of a short escape by its letter (`n` is a line feed), 0 when there is no such escape.
constexpr char unescaped(char letter) {
  switch (letter) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '/':
      return '/';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

constexpr bool is_high_surrogate(char32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
constexpr bool is_low_surrogate(char32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

/// The code unit of `\uXXXX` at the front of a text; nothing when something else stands there.
inline std::optional<char32_t> unicode_escape(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  char32_t unit = 0;
  for (const char c : text.substr(2, 4)) {
    char32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<char32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<char32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<char32_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
    unit = unit << 4 | digit;
  }
  return unit;
}

}  // namespace ssblog
