// SPDX-License-Identifier: MIT
// view/http_text.h - letters and digits of what HTTP says: ASCII, whatever the locale is.
//
// Used by the gate and by the check of heads. Pure. Source: RFC 9110, sections 5.1 and 5.6.2.
#pragma once

#include <algorithm>
#include <string_view>

namespace ssblog {

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// But for the case of letters.
inline bool is_same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace ssblog
