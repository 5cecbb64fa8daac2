// SPDX-License-Identifier: MIT
#include "intake/level.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace ssblog {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z'); }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }

bool equals_in_any_case(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(),
                    [](char x, char y) { return to_lower(x) == y; });
}

/// What programs call their levels.
std::optional<Level> level_of_word(std::string_view word) {
  static constexpr std::pair<std::string_view, Level> names[] = {
      {"emerg", 0},   {"emergency", 0}, {"panic", 0},  {"alert", 1},  {"crit", 2},   {"critical", 2},
      {"fatal", 2},   {"err", 3},       {"error", 3},  {"errors", 3}, {"severe", 3}, {"warn", 4},
      {"warning", 4}, {"warnings", 4},  {"notice", 5}, {"note", 5},   {"info", 6},   {"information", 6},
      {"debug", 7},   {"debug1", 7},    {"debug2", 7}, {"debug3", 7}, {"trace", 7},  {"verbose", 7},
  };
  for (const auto& [name, level] : names) {
    if (equals_in_any_case(word, name)) return level;
  }
  return std::nullopt;
}

/// `<3>` of the kernel and systemd, `<30>` of syslog, where the facility stands above the level.
std::optional<Level> priority_prefix(std::string_view line) {
  if (!line.starts_with('<')) return std::nullopt;
  constexpr int highest = 191;
  int value = 0;
  std::size_t at = 1;
  for (; at < line.size() && at <= 3 && is_digit(line[at]); ++at) value = value * 10 + (line[at] - '0');
  if (at == 1 || at >= line.size() || line[at] != '>' || value > highest) return std::nullopt;
  return value % 8;
}

/// `E0102 03:04:05.678901` of glog and klog; `E: ` of apt; `W/Tag(` of Android.
std::optional<Level> letter_prefix(std::string_view line) {
  if (line.size() < 3) return std::nullopt;
  static constexpr std::pair<char, Level> letters[] = {{'F', 2}, {'E', 3}, {'W', 4}, {'N', 5},
                                                       {'I', 6}, {'D', 7}, {'V', 7}};
  const auto* const found = std::find_if(std::begin(letters), std::end(letters),
                                         [&](const auto& letter) { return letter.first == line[0]; });
  if (found == std::end(letters)) return std::nullopt;
  constexpr std::string_view glog = "dddd dd:dd:dd";
  const auto looks_like_glog = [&] {
    if (line.size() < 1 + glog.size()) return false;
    return std::equal(glog.begin(), glog.end(), line.begin() + 1,
                      [](char wanted, char c) { return wanted == 'd' ? is_digit(c) : wanted == c; });
  };
  const bool apt =
      line.substr(1, 2) == ": " && std::string_view("EWN").find(line[0]) != std::string_view::npos;
  const bool android = line[1] == '/' && is_letter(line[2]) && line.find('(') < 40;
  if (apt || android || looks_like_glog()) return found->second;
  return std::nullopt;
}

/// pino and bunyan count in tens: 10 trace to 60 fatal.
std::optional<Level> level_of_tens(std::string_view number) {
  constexpr std::array<Level, 6> levels = {7, 7, 6, 4, 3, 2};
  if (number.size() != 2 || number[1] != '0' || number[0] < '1' || number[0] > '6') return std::nullopt;
  return levels[static_cast<std::size_t>(number[0] - '1')];
}

/// `level=error` of logfmt, `"level":"error"` and `"severity": "ERROR"` of JSON.
std::optional<Level> named_level(std::string_view line) {
  for (const std::string_view name : {"level", "lvl", "severity", "levelname"}) {
    for (std::size_t at = 0; (at = line.find(name, at)) != std::string_view::npos; ++at) {
      if (at > 0 && is_word(line[at - 1])) continue;
      std::size_t next = at + name.size();
      const bool json = next < line.size() && line[next] == '"';
      if (json) ++next;
      const auto skip_blanks = [&] { next = std::min(line.find_first_not_of(' ', next), line.size()); };
      if (json) skip_blanks();
      if (next >= line.size() || line[next] != (json ? ':' : '=')) continue;
      ++next;
      if (json) skip_blanks();
      if (next < line.size() && line[next] == '"') ++next;
      const auto begin = line.begin() + static_cast<std::ptrdiff_t>(next);
      const std::string_view value(begin, std::find_if_not(begin, line.end(), is_word));
      if (const auto level = level_of_word(value)) return level;
      if (const auto level = level_of_tens(value); json && level) return level;
    }
  }
  return std::nullopt;
}

/// How a word stands decides whether it names the line's level: ERROR anywhere; [error], <error>, [core:error] in
/// brackets; `error:` before a colon; `dpkg: error processing` behind one. "no error" and "error rate" do not.
bool names_level(std::string_view line, std::size_t begin, std::size_t end) {
  const auto word = line.substr(begin, end - begin);
  const char before = begin > 0 ? line[begin - 1] : '\0';
  const char after = end < line.size() ? line[end] : '\0';
  if (std::all_of(word.begin(), word.end(), is_upper)) return true;
  if (after == ':') return true;
  if (after == ']') return before == '[' || before == ':';
  if (after == '>') return before == '<';
  return begin >= 2 && line.substr(begin - 2, 2) == ": " && after == ' ';
}

/// `ValueError: ...`, `java.io.IOException: ...`.
bool is_exception(std::string_view word, char after) {
  return (after == ':' || after == '\0') && is_upper(word[0]) && word.size() > 5 &&
         (word.ends_with("Error") || word.ends_with("Exception"));
}

std::optional<Level> level_in_words(std::string_view line) {
  for (std::size_t begin = 0; begin < line.size();) {
    if (!is_word(line[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < line.size() && is_word(line[end])) ++end;
    const auto word = line.substr(begin, end - begin);
    if (const auto level = level_of_word(word); level && names_level(line, begin, end)) return level;
    if (is_exception(word, end < line.size() ? line[end] : '\0')) return err_level;
    begin = end;
  }
  return std::nullopt;
}

/// What has no word for its level, but is known well enough.
std::optional<Level> known_phrase(std::string_view line) {
  static constexpr std::pair<std::string_view, Level> beginnings[] = {
      {"Traceback (most recent call last)", 3},
      {"Exception in thread", 3},
      {"Caused by: ", 3},
      {"Segmentation fault", 3},
      {"Err:", 3},
      {"make: *** ", 3},
  };
  for (const auto& [text, level] : beginnings) {
    if (line.starts_with(text)) return level;
  }
  static constexpr std::pair<std::string_view, Level> anywhere[] = {
      {"Kernel panic", 0}, {"]: *** ", 3}, {"Out of memory: ", 3},
      {"segfault at ", 3}, {"BUG: ", 3},   {"Oops: ", 3},
  };
  for (const auto& [text, level] : anywhere) {
    if (line.find(text) != std::string_view::npos) return level;
  }
  return std::nullopt;
}

/// Colours would stick to the words: "ESC [31m" ends in a letter.
std::string without_colours(std::string_view line) {
  std::string plain;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] != '\x1b' || at + 1 >= line.size() || line[at + 1] != '[') {
      plain += line[at];
      continue;
    }
    for (at += 2; at < line.size() && !(line[at] >= '@' && line[at] <= '~');) ++at;
  }
  return plain;
}

}  // namespace

std::optional<Level> guess_level(std::string_view line) {
  line = line.substr(0, level_look);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  std::string plain;
  if (line.find('\x1b') != std::string_view::npos) line = plain = without_colours(line);
  if (const auto level = priority_prefix(line)) return level;
  if (const auto level = letter_prefix(line)) return level;
  if (const auto level = named_level(line)) return level;
  if (const auto level = known_phrase(line)) return level;
  return level_in_words(line);
}

bool goes_on_with_last(std::string_view line) {
  return line.size() > 1 && (line[0] == ' ' || line[0] == '\t') &&
         line.find_first_not_of(" \t\r\n") != std::string_view::npos;
}

}  // namespace ssblog
