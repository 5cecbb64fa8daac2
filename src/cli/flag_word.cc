// SPDX-License-Identifier: MIT
#include "cli/flag_word.h"

#include "feed/bytes.h"
#include "feed/utf.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ssblog {
namespace {

bool is_digit(char16_t c) { return c >= '0' && c <= '9'; }
bool is_letter(char16_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word_character(char16_t c) { return is_digit(c) || is_letter(c) || c == '_'; }

// Short flags are single UTF-16 code units.

std::u16string to_utf16(std::string_view utf8) {
  std::u16string units;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<std::uint8_t>(utf8[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t k = 1; k < length; ++k) c = c << 6 | (static_cast<std::uint8_t>(utf8[i + k]) & 0x3fU);
    if (c >= 0x10000) {
      units += static_cast<char16_t>(0xd7c0 + (c >> 10));
      c = 0xdc00 + (c & 0x3ff);
    }
    units += static_cast<char16_t>(c);
    i += length;
  }
  return units;
}

/// Lone surrogates become WTF-8; feed/json.h prints them as escapes.
std::string to_utf8(std::u16string_view units) {
  std::string text;
  for (std::size_t i = 0; i < units.size(); ++i) {
    char32_t c = units[i];
    if ((c & 0xfc00) == 0xd800 && i + 1 < units.size() && (units[i + 1] & 0xfc00) == 0xdc00) {
      c = 0x10000 + ((c & 0x3ff) << 10) + (units[++i] & 0x3ffU);
    }
    append_utf8(text, c);
  }
  return text;
}

/// Length of the line that a text begins with: `.` of a JavaScript pattern stops at these.
std::size_t line_length(std::string_view text) {
  return std::min({text.find('\n'), text.find('\r'), text.find("\u2028"), text.find("\u2029"), text.size()});
}

/// `-abc`, `-abc 3`, `-x5`, `-x=5`. `word` has two units at least.
FlagWord read_short(std::string_view word) {
  FlagWord out;
  out.flag = true;
  const std::u16string units = to_utf16(word);
  const std::size_t last = units.size() - 1;
  auto one = [&units](std::size_t at) { return to_utf8(std::u16string_view(units).substr(at, 1)); };
  auto from = [&units](std::size_t at) { return to_utf8(std::u16string_view(units).substr(at)); };

  const bool ends_in_number =
      is_digit(units[last]) || (units[last] == '.' && last >= 2 && is_digit(units[last - 1]));
  for (std::size_t at = 1; at < last; ++at) {
    const std::u16string_view rest = std::u16string_view(units).substr(at + 1);
    if (rest == u"-") {
      out.settings.push_back({one(at), "-"});
    } else if (is_letter(units[at]) && rest[0] == '=') {
      out.settings.push_back({one(at), from(at + 2)});
      return out;
    } else if ((is_letter(units[at]) && ends_in_number && (rest.size() > 1 || is_digit(rest[0]))) ||
               (at + 1 < last && !is_word_character(units[at + 1]))) {
      out.settings.push_back({one(at), from(at + 1)});
      return out;
    } else {
      out.settings.push_back({one(at), std::nullopt});
    }
  }
  if (units[last] != '-') {
    out.open = one(last);
    out.takes_empty = false;
  }
  return out;
}

}  // namespace

Result<FlagWord> read_word(std::string_view word) {
  FlagWord out;
  if (word.starts_with("--")) {
    const auto body = word.substr(2);
    const auto line = body.substr(0, line_length(body));
    if (line.empty()) return out;
    out.flag = true;
    if (const auto equals = line.find('=', 1); equals != line.npos) {
      if (line[0] == '=') return Error{Code::usage, "a flag has no name: " + std::string(word)};
      out.settings.push_back({std::string(line.substr(0, equals)), std::string(body.substr(equals + 1))});
    } else if (line.size() > 3 && line.starts_with("no-")) {
      out.settings.push_back({std::string(line.substr(3)), std::nullopt, false});
    } else {
      out.open = std::string(line);
    }
    return out;
  }
  if (word.size() > 1 && word[0] == '-') return read_short(word);
  return out;
}

bool looks_like_flag(std::string_view word) {
  if (!word.starts_with('-')) return false;
  word.remove_prefix(word.starts_with("--") ? 2 : 1);
  return !word.empty() && word[0] != '-';
}

bool takes_next_word(std::string_view word) {
  const auto read = read_word(decode_utf8(as_bytes(word)));
  return read && read->open;
}

}  // namespace ssblog
