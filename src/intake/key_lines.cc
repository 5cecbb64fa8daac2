// SPDX-License-Identifier: MIT
#include "intake/key_lines.h"

#include <algorithm>
#include <iterator>

namespace ssblog {
namespace {

bool is_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
         c == '=';
}

/// The length of a terminal's color code that ends the line.
std::size_t color_at_end(std::string_view line) {
  const std::size_t escape = line.rfind('\x1b');
  if (escape == std::string_view::npos) return 0;
  const std::string_view code = line.substr(escape + 1);
  const bool is_color = code.size() >= 2 && code.front() == '[' &&
                        (code.back() == 'm' || code.back() == 'K') &&
                        code.find_first_not_of("0123456789;", 1) == code.size() - 1;
  return is_color ? code.size() + 1 : 0;
}

bool is_key_header(std::string_view line) {
  constexpr std::string_view headers[] = {
      "Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Hash:", "Charset:"};
  return std::any_of(std::begin(headers), std::end(headers),
                     [line](std::string_view header) { return line.find(header) != std::string_view::npos; });
}

}  // namespace

KeyLine read_key_line(std::string_view line) {
  KeyLine read;
  for (std::size_t before = line.size() + 1; line.size() < before;) {
    before = line.size();
    while (!line.empty() && std::string_view("\r\"',}]) \t").find(line.back()) != std::string_view::npos) {
      read.blank_end = read.blank_end || line.back() == ' ' || line.back() == '\t';
      line.remove_suffix(1);
    }
    line.remove_suffix(color_at_end(line));
  }
  while (read.word < line.size() && is_base64(line[line.size() - 1 - read.word])) ++read.word;
  read.column = line.size() - read.word;
  read.is_header = is_key_header(line);
  return read;
}

bool has_key_line(std::string_view text) {
  for (std::size_t from = 0; from + key_line <= text.size();) {
    std::size_t last = from + key_line;
    while (last > from && is_base64(text[last - 1])) --last;
    if (last == from) return true;
    from = last;
  }
  return false;
}

bool is_key_end(std::string_view line) { return line.find("-----END") != std::string_view::npos; }

std::string_view before_next_header(std::string_view behind_header) {
  std::size_t end = 0;
  while ((end = behind_header.find("-----", end)) != std::string_view::npos) {
    const std::string_view next = behind_header.substr(end + 5);
    if (next.starts_with("END") || next.starts_with("BEGIN")) break;
    ++end;
  }
  return behind_header.substr(0, end);
}

}  // namespace ssblog
