// SPDX-License-Identifier: MIT
#include "intake/secret_readers.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace ssblog {
namespace {

constexpr std::size_t most_blanks = 8;  // on each side of a sign

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_capital_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// The length of `word` if `text` begins with it, in any case of letters.
std::size_t length_of(std::string_view text, std::string_view word) {
  const bool is_it = text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(),
                                                              [](char a, char b) { return a == lower(b); });
  return is_it ? word.size() : 0;
}

std::size_t key_length(std::string_view text) {
  struct Key {
    std::string_view begin;
    std::array<std::string_view, 3> rest;  ///< one of them follows; empty: nothing has to
  };
  constexpr Key keys[] = {{"password", {}},
                          {"passwd", {}},
                          {"passphrase", {}},
                          {"passwort", {}},
                          {"pwd", {}},
                          {"secret", {"_key", "-key", "key"}},
                          {"api", {"_key", "-key", "key"}},
                          {"access", {"_key", "key", "key"}},
                          {"account", {"_key", "key", "key"}},
                          {"token", {}},
                          {"_pass", {}}};
  for (const Key& key : keys) {
    const std::size_t begin = length_of(text, key.begin);
    if (begin == 0) continue;
    if (key.rest[0].empty()) return begin;
    for (const std::string_view rest : key.rest) {
      if (const std::size_t more = length_of(text.substr(begin), rest); more > 0) return begin + more;
    }
    return key.begin == "secret" ? begin : 0;
  }
  return 0;
}

/// `"`, `'`, `\"`, `"]` or `]`, as they stand behind a key.
std::size_t key_end_length(std::string_view text) {
  if (text.starts_with(']')) return 1;
  std::size_t at = text.starts_with('\\') ? 1 : 0;
  if (at == text.size() || (text[at] != '"' && text[at] != '\'')) return 0;
  ++at;
  return at < text.size() && text[at] == ']' ? at + 1 : at;
}

std::size_t sign_length(std::string_view text) {
  if (text.starts_with("=>") || text.starts_with(":=")) return 2;
  return text.starts_with('=') || text.starts_with(':') ? 1 : 0;
}

std::size_t blanks(std::string_view text) { return std::min(text.find_first_not_of(" \t"), text.size()); }

/// To the quote, or to the end. `skips_escaped`: a quote behind a backslash does not end it.
std::size_t quoted_length(std::string_view text, char quote, bool skips_escaped) {
  std::size_t at = 0;
  while (at < text.size() && text[at] != quote) {
    const bool escapes = text[at] == '\\' && at + 1 < text.size();
    if (escapes && !skips_escaped && text[at + 1] == quote) break;
    at += escapes ? 2 : 1;
  }
  return at;
}

/// What stands behind a separator begins the next pair, or says nothing.
bool is_next_pair(std::string_view text) {
  const std::size_t end = text.find_first_of(" \t\r\f\"'\\&;,=:<>)]}");
  if (end == 0 || text.empty()) return true;
  return end != std::string_view::npos && (text[end] == '=' || text[end] == ':');
}

std::size_t plain_length(std::string_view text, bool any_text) {
  constexpr std::string_view separators = "&;,";
  constexpr std::string_view ends = "\t\f\r \"'&;,\\";
  if (text.empty() || ends.find(text[0]) != std::string_view::npos || text[0] == '>' || text[0] == '=')
    return 0;
  std::size_t at = 0;
  while (true) {
    at = std::min(text.find_first_of(ends, at), text.size());
    if (!any_text || at == text.size() || separators.find(text[at]) == std::string_view::npos ||
        is_next_pair(text.substr(at + 1)))
      return at;
    ++at;
  }
}

}  // namespace

std::optional<Assignment> read_assignment(std::string_view text) {
  Assignment read;
  const auto take = [&text](std::size_t length) {
    const std::string_view taken = text.substr(0, length);
    text.remove_prefix(length);
    return taken;
  };
  read.key = take(key_length(text));
  if (read.key.empty()) return std::nullopt;
  read.key_end = take(key_end_length(text));
  if (take(blanks(text)).size() > most_blanks) return std::nullopt;
  read.sign = take(sign_length(text));
  if (read.sign.empty() || take(blanks(text)).size() > most_blanks) return std::nullopt;
  if (text.starts_with('"') || text.starts_with('\'')) {
    const char quote = take(1).front();
    read.value = take(quoted_length(text, quote, true));
  } else if (text.starts_with("\\\"")) {
    take(2);
    read.value = take(quoted_length(text, '"', false));
  } else {
    read.plain = true;
    const char first = lower(read.key.front());
    read.value = take(plain_length(text, first == 'p' || first == '_'));
  }
  if (read.value.empty()) return std::nullopt;
  return read;
}

std::string_view read_url_password(std::string_view text) {
  constexpr std::string_view begin = "://";
  constexpr std::size_t longest_loose = 64;  // of one with signs that have a meaning in a URL
  const std::size_t colon = text.find_first_of("/?#@:\"'<>[ \t\r\n\f", begin.size());
  if (!text.starts_with(begin) || colon == std::string_view::npos || text[colon] != ':') return {};
  const std::string_view rest = text.substr(colon + 1);
  const std::string_view strict = rest.substr(0, rest.find_first_of(" \t\r\n\f/?#\"'<>"));
  if (const std::size_t at = strict.rfind('@'); at != std::string_view::npos && at > 0)
    return rest.substr(0, at);
  const std::string_view loose =
      rest.substr(0, std::min(rest.find_first_of(" \t\r\n\f\"'<>"), longest_loose + 1));
  const std::size_t at = loose.find('@', 1);
  return at == std::string_view::npos ? std::string_view() : rest.substr(0, at);
}

std::string_view read_aws_key_id(std::string_view text) {
  constexpr std::size_t length = 20, begin = 4;
  if (text.size() < length) return {};
  const std::string_view id = text.substr(0, length);
  if (!std::all_of(id.begin() + begin, id.end(),
                   [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'); }))
    return {};
  if (text.size() == length) return id;
  const char next = text[length];
  return is_capital_or_digit(next) || (next >= 'a' && next <= 'z') || next == '_' ? std::string_view() : id;
}

std::string_view read_curl_user(std::string_view text) {
  constexpr std::string_view begin = "curl ", blanks_and_quotes = " \t\r\n\f\"'";
  constexpr std::size_t most_between = 128;
  if (!text.starts_with(begin)) return {};
  // The last name that was looked at: those that begin within it end where it does.
  std::size_t name_begin = 0, name_end = 0;
  const auto password_behind = [&](std::size_t at) -> std::string_view {
    if (at < text.size() && text[at] == ' ') ++at;
    // A `=` may be the name's own.
    const std::size_t first = at;
    if (at < text.size() && text[at] == '=') ++at;
    if (at < text.size() && (text[at] == '"' || text[at] == '\'')) ++at;
    const bool is_quoted = at > first && text[at - 1] != '=';
    const std::size_t from = is_quoted ? at : first;
    if (from < name_begin || from >= name_end) {
      name_begin = from;
      name_end = std::min(text.find_first_of(" \t\r\n\f:\"'/", from), text.size());
    }
    if (name_end == from || name_end == text.size() || text[name_end] != ':') return {};
    const std::string_view rest = text.substr(name_end + 1);
    const std::string_view value = rest.substr(0, rest.find_first_of(blanks_and_quotes));
    return value.starts_with('$') ? std::string_view() : value;
  };
  for (std::size_t at = begin.size(); at < text.size() && at <= begin.size() + most_between; ++at) {
    const std::string_view rest = text.substr(at);
    for (const std::string_view option : {"-u", "--user"}) {
      if (!rest.starts_with(option)) continue;
      if (const std::string_view found = password_behind(at + option.size()); !found.empty()) return found;
    }
    if (text[at] == '|' || text[at] == ';') break;
  }
  return {};
}

}  // namespace ssblog
