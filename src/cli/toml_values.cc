// SPDX-License-Identifier: MIT
#include "cli/toml_values.h"

#include "cli/units.h"

#include <fmt/format.h>
#include <grp.h>

#include <algorithm>
#include <charconv>

namespace ssblog {

using namespace std::chrono_literals;

std::vector<Error> ConfigReader::mistakes() const {
  auto sorted = mistakes_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.line < b.line; });
  std::vector<Error> errors;
  for (Mistake& mistake : sorted) errors.push_back(std::move(mistake.error));
  return errors;
}

void ConfigReader::wrong(const toml::source_region& where, std::string_view what) {
  const auto line = where.begin.line;
  mistakes_.push_back({line, {Code::config, fmt::format("{}, line {}: {}", place_, line, what)}});
}

std::optional<std::string> ConfigReader::text(const toml::node& node, std::string_view name) {
  auto text = node.value_exact<std::string>();
  if (!text) wrong(node, fmt::format("{} must be a text in quotes", name));
  return text;
}

std::optional<bool> ConfigReader::flag(const toml::node& node, std::string_view name) {
  const auto flag = node.value_exact<bool>();
  if (!flag) wrong(node, fmt::format("{} must be true or false", name));
  return flag;
}

std::optional<int> ConfigReader::number(const toml::node& node, std::string_view name, int least, int most) {
  const auto number = node.value_exact<std::int64_t>();
  if (number && *number >= least && *number <= most) return static_cast<int>(*number);
  wrong(node, fmt::format("{} must be a number from {} to {}", name, least, most));
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> ConfigReader::duration(const toml::node& node,
                                                                std::string_view name) {
  const auto said = text(node, name);
  if (!said) return std::nullopt;
  const auto length = parse_duration(name, *said, 1s);
  if (length) return *length;
  wrong(node, length.error().text);
  return std::nullopt;
}

std::optional<std::uint64_t> ConfigReader::size(const toml::node& node, std::string_view name) {
  const auto said = text(node, name);
  if (!said) return std::nullopt;
  const auto bytes = parse_size(name, *said);
  if (bytes) return *bytes;
  wrong(node, bytes.error().text);
  return std::nullopt;
}

std::optional<unsigned> ConfigReader::permissions(const toml::node& node, std::string_view name) {
  const auto said = text(node, name);
  if (!said) return std::nullopt;
  unsigned mode = 0;
  const std::string_view digits = *said;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  if (error == std::errc() && end == digits.data() + digits.size() && mode <= 0777) return mode;
  wrong(node, fmt::format("{} must be permissions in octal, as \"0660\"", name));
  return std::nullopt;
}

std::optional<gid_t> ConfigReader::group(const toml::node& node, std::string_view name) {
  const auto said = text(node, name);
  if (!said) return std::nullopt;
  const ::group* found = ::getgrnam(said->c_str());
  if (found != nullptr) return found->gr_gid;
  wrong(node, fmt::format("this machine has no group {}", *said));
  return std::nullopt;
}

std::optional<std::vector<std::string>> ConfigReader::texts(const toml::node& node, std::string_view name) {
  if (!node.is_array()) {
    const auto one = node.value_exact<std::string>();
    if (one) return std::vector{*one};
    wrong(node, fmt::format("{} must be a list of texts, as [\"a\", \"b\"]", name));
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const toml::node& member : *node.as_array()) {
    const auto one = text(member, fmt::format("each of {}", name));
    if (!one) return std::nullopt;
    texts.push_back(*one);
  }
  return texts;
}

namespace {

/// What follows the bracket or two that a line begins with is the beginning of a name, or what toml++ tells well.
bool may_name_table(std::string_view rest) {
  const auto skip_blanks = [&rest] {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  };
  rest.remove_prefix(1);
  skip_blanks();
  if (rest.starts_with('[')) rest.remove_prefix(1);
  skip_blanks();
  if (rest.empty()) return true;
  const char c = rest[0];
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("_-\"']").find(c) != std::string_view::npos;
}

}  // namespace

std::optional<TomlTrap> find_toml_trap(std::string_view text) {
  constexpr int most_dots = 16;                     // of a line
  constexpr std::string_view bom = "\xef\xbb\xbf";  // that some editors put before a text
  std::size_t line = 1;
  int dots = 0;
  bool begins = true;      // nothing but blanks stands before in the line
  std::string_view quote;  // what ends the text under way
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto rest = text.substr(at);
    if (begins && quote.empty() && rest[0] == '[' && !may_name_table(rest))
      return TomlTrap{line, "a table has a name, of letters, digits, - and _, or in quotes"};
    begins = rest[0] == '\n' || (begins && (rest[0] == ' ' || rest[0] == '\t'));
    if (rest[0] == '\n') {
      ++line;
      dots = 0;
      if (quote.size() == 1) quote = {};
    } else if (!quote.empty()) {
      if (rest[0] == '\\' && quote[0] == '"') {
        if (rest.size() > 1 && rest[1] != '\n') ++at;
      } else if (rest.starts_with(quote)) {
        at += quote.size() - 1;
        // Up to two quotes more before the last three are the text's own.
        for (int own = 0; own < 2 && quote.size() == 3 && at + 1 < text.size() && text[at + 1] == quote[0];
             ++own)
          ++at;
        quote = {};
      }
    } else if (rest[0] == '#') {
      at = std::min(text.find('\n', at), text.size()) - 1;
    } else if (rest[0] == '"' || rest[0] == '\'') {
      // There toml++ sees no text begin, and what we take for quoted is not.
      if (at > 0 && std::string_view(" \t\r\n=[,.{").find(text[at - 1]) == std::string_view::npos &&
          !(at == bom.size() && text.starts_with(bom)))
        return TomlTrap{line, "a quote stands in the middle of a word"};
      const bool triple = rest.starts_with("\"\"\"") || rest.starts_with("'''");
      quote = rest.substr(0, triple ? 3 : 1);
      at += quote.size() - 1;
    } else if (rest[0] == '.' && ++dots > most_dots) {
      return TomlTrap{line, "too many dots for any setting"};
    } else if (static_cast<unsigned char>(rest[0]) >= 0x80 && !(at < bom.size() && text.starts_with(bom))) {
      return TomlTrap{line, "what is no letter of ASCII stands in quotes or behind a #"};
    }
  }
  return std::nullopt;
}

}  // namespace ssblog
