// SPDX-License-Identifier: MIT
#include "assemble/text_pattern.h"

#include "feed/json.h"
#include "feed/utf.h"

#include <fmt/format.h>
#include <re2/re2.h>

namespace ssblog {
namespace {

constexpr std::int64_t pattern_memory = 4 << 20;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

bool has_capital(std::string_view text, bool pattern) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (pattern && text[at] == '\\') {
      // `\pL`, `\p{Greek}`, `\Q`: what follows is a name, no text.
      if (at + 2 < text.size() && (text[at + 1] == 'p' || text[at + 1] == 'P')) {
        at += 2;
        if (text[at] == '{') at = std::min(text.find('}', at), text.size());
        continue;
      }
      ++at;
      continue;
    }
    if (text[at] >= 'A' && text[at] <= 'Z') return true;
  }
  return false;
}

std::string to_text(const TextRule& rule) {
  return fmt::format("{}{}{}{}", rule.without ? "-" : "", rule.pattern ? "pattern" : "word",
                     rule.any_case ? "~" : "=", json_string(rule.text));
}

TextPattern::TextPattern(std::unique_ptr<re2::RE2> compiled) : compiled_(std::move(compiled)) {}
TextPattern::TextPattern(TextPattern&&) noexcept = default;
TextPattern& TextPattern::operator=(TextPattern&&) noexcept = default;
TextPattern::~TextPattern() = default;

Result<TextPattern> TextPattern::make(const TextRule& rule) {
  if (rule.text.empty())
    return Error{Code::usage, "an empty text stands in every line: say what to look for"};
  if (rule.text.size() > longest) {
    return Error{Code::usage, fmt::format("\"{}...\" is too long to be looked for: {} bytes, {} are the most",
                                          rule.text.substr(0, 20), rule.text.size(), longest)};
  }
  if (!is_utf8(as_bytes(rule.text)))
    return Error{Code::usage, fmt::format("\"{}\" is not UTF-8: it cannot be looked for", rule.text)};
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(pattern_memory);
  options.set_literal(!rule.pattern);
  options.set_case_sensitive(!rule.any_case);
  auto compiled = std::make_unique<RE2>(piece(rule.text), options);
  if (!compiled->ok()) {
    return Error{Code::usage, fmt::format("\"{}\" is no pattern of RE2: {}", rule.text, compiled->error())};
  }
  return TextPattern(std::move(compiled));
}

bool TextPattern::stands_in(std::string_view line) const {
  return compiled_->Match(piece(line), 0, line.size(), RE2::UNANCHORED, nullptr, 0);
}

std::optional<TextPattern::Place> TextPattern::find(std::string_view line, std::size_t from) const {
  while (from <= line.size()) {
    re2::StringPiece found;
    if (!compiled_->Match(piece(line), from, line.size(), RE2::UNANCHORED, &found, 1)) return std::nullopt;
    const auto begin = static_cast<std::size_t>(found.data() - line.data());
    if (!found.empty()) return Place{begin, begin + found.size()};
    from = begin + 1;
  }
  return std::nullopt;
}

}  // namespace ssblog
