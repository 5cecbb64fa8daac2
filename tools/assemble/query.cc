// SPDX-License-Identifier: MIT
#include "assemble/query.h"

#include "assemble/time_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace ssblog {
namespace {

constexpr std::string_view levels_known =
    "the levels are emerg, alert, crit, err, warning, notice, info, debug, or two of them as warning..err";

constexpr std::array<std::pair<std::string_view, NameChoice Selection::*>, 9> name_keys = {{
    {"host", &Selection::host},
    {"source", &Selection::source},
    {"destination", &Selection::destination},
    {"job", &Selection::job},
    {"stream", &Selection::stream},
    {"env", &Selection::env},
    {"service", &Selection::service},
    {"function", &Selection::function},
    {"run", &Selection::run},
}};
constexpr std::array<std::string_view, 4> other_keys = {"level", "since", "until", "feed"};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// A word as it was taken apart.
struct Term {
  bool without = false;
  std::string_view key;  ///< one of ours; empty: a text
  std::string value;
  bool quoted = false;
  bool pattern = false;  ///< it stood between slashes
};

/// Takes words off the front of a text. `whole`: all of the text is one word.
class TermReader {
 public:
  TermReader(std::string_view text, bool whole) : text_(text), whole_(whole) {}

  /// Nothing: there are no more.
  Result<std::optional<Term>> next() {
    while (!whole_ && at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_ >= text_.size()) return std::optional<Term>();
    begin_ = at_;
    Term term;
    // A dash alone is a text.
    if (text_[at_] == '-' && at_ + 1 < text_.size() && !is_blank(text_[at_ + 1])) {
      term.without = true;
      ++at_;
    }
    term.key = take_key();
    const char first = at_ < text_.size() ? text_[at_] : '\0';
    if (first == '"') {
      term.quoted = true;
      if (auto read = take_between('"', term.value); !read) return read.error();
    } else if (first == '/' && term.key.empty() && ends_with_slash()) {
      term.pattern = true;
      if (auto read = take_between('/', term.value); !read) return read.error();
    } else {
      const std::size_t from = at_;
      while (at_ < text_.size() && (whole_ || !is_blank(text_[at_]))) ++at_;
      term.value = text_.substr(from, at_ - from);
    }
    return std::optional(std::move(term));
  }

  /// What is wrong with the word that was read last.
  Error wrong(std::string_view what) const {
    constexpr std::size_t most_shown = 60;
    std::string word(text_.substr(begin_, std::min(at_ - begin_, most_shown)));
    if (at_ - begin_ > most_shown) word += "...";
    if (whole_) return Error{Code::usage, fmt::format("`{}`: {}", word, what)};
    return Error{Code::usage, fmt::format("`{}`, at character {}: {}", word, begin_ + 1, what)};
  }

 private:
  std::string_view take_key() {
    const auto key = key_of_word(text_.substr(at_));
    if (!key.empty()) at_ += key.size() + 1;
    return key;
  }

  /// `/var/log/syslog` is a path, `/time.?out/` a pattern: that has a slash at its end, and not without reason.
  bool ends_with_slash() const {
    std::size_t end = text_.size();
    if (!whole_) end = std::min(text_.find_first_of(" \t\r\n", at_), end);
    if (end - at_ > 2 && text_[end - 1] == '/') return true;
    // A pattern with blanks: up to the next slash before a blank or the end.
    for (std::size_t i = at_ + 1; !whole_ && i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '/') {
        return i > at_ + 1 && (i + 1 == text_.size() || is_blank(text_[i + 1])) && is_blank_between(at_, i);
      }
    }
    return false;
  }
  bool is_blank_between(std::size_t from, std::size_t to) const {
    return std::any_of(text_.begin() + static_cast<std::ptrdiff_t>(from),
                       text_.begin() + static_cast<std::ptrdiff_t>(to), is_blank);
  }

  Result<void> take_between(char mark, std::string& value) {
    const bool keep_escapes = mark == '/';
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      const bool at_end = at_ + 1 == text_.size() || (!whole_ && is_blank(text_[at_ + 1]));
      // Slashes within a pattern need no escape, as the one that ends it stands at the end of the word.
      if (c == mark && (mark == '"' || at_end)) {
        ++at_;
        if (!at_end) return wrong(fmt::format("something stands behind the {}; leave a blank there", mark));
        return {};
      }
      if (c == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        const bool escapes = next == mark || (next == '\\' && !keep_escapes);
        if (escapes || keep_escapes) {
          if (!escapes) value += c;
          value += next;
          ++at_;
          continue;
        }
      }
      value += c;
    }
    return wrong(fmt::format("it begins with a {0} and has none at its end", mark));
  }

  std::string_view text_;
  bool whole_;
  std::size_t at_ = 0, begin_ = 0;
};

Result<void> add_name(const Term& term, NameChoice& choice) {
  if (term.value.empty() && !term.quoted)
    return Error{Code::usage, fmt::format("behind {0}: stands what to choose; {0}:\"\" is none", term.key)};
  WantedName name{term.value, !term.quoted && term.value.find('*') != std::string::npos};
  (term.without ? choice.none : choice.any).push_back(std::move(name));
  return {};
}

Result<void> add_time(const Term& term, Millis now, Selection& selection) {
  auto time = parse_time(term.value, now);
  if (!time) return time.error();
  if (term.key == "since") {
    selection.since = std::max(selection.since.value_or(*time), *time);
  } else {
    selection.until = std::min(selection.until.value_or(*time), *time);
  }
  return {};
}

Result<void> add_levels(const Term& term, Selection& selection) {
  auto range = parse_levels(term.value);
  if (!range) return range.error();
  LevelRange both = selection.levels.value_or(LevelRange());
  both = {std::max(both.worst, range->worst), std::min(both.mildest, range->mildest)};
  selection.levels = both;
  return {};
}

Result<void> add_term(Term term, Millis now, Query& to) {
  for (const auto& [key, member] : name_keys) {
    if (term.key == key) return add_name(term, to.selection.*member);
  }
  if (term.key.empty()) {
    TextRule rule{term.value, term.pattern, !has_capital(term.value, term.pattern), term.without};
    if (auto made = TextPattern::make(rule); !made) return made.error();
    to.selection.texts.push_back(std::move(rule));
    return {};
  }
  if (term.without) return Error{Code::usage, fmt::format("{}: cannot be turned around by a dash", term.key)};
  if (term.key == "feed") {
    if (term.value.empty()) return Error{Code::usage, "behind feed: stands which one"};
    to.feeds.push_back(std::move(term.value));
    return {};
  }
  return term.key == "level" ? add_levels(term, to.selection) : add_time(term, now, to.selection);
}

Result<void> add_terms(std::string_view text, bool whole, Millis now, Query& to) {
  if (text.size() > Query::longest) {
    return Error{Code::usage, fmt::format("what is looked for has {} bytes, {} are the most", text.size(),
                                          Query::longest)};
  }
  TermReader terms(text, whole);
  for (;;) {
    auto term = terms.next();
    if (!term) return term.error();
    if (!*term) return {};
    if (++to.words > Query::most_words)
      return terms.wrong(fmt::format("{} words are the most", Query::most_words));
    if (auto added = add_term(std::move(**term), now, to); !added) return terms.wrong(added.error().text);
  }
}

}  // namespace

Result<void> add_query(std::string_view text, Millis now, Query& to) {
  return add_terms(text, false, now, to);
}

Result<void> add_word(std::string_view word, Millis now, Query& to) {
  if (word.empty()) return Error{Code::usage, "an empty word stands in every line: say what to look for"};
  return add_terms(word, true, now, to);
}

std::string_view key_of_word(std::string_view word) {
  const auto colon = word.find(':');
  if (colon == std::string_view::npos) return {};
  const auto key = word.substr(0, colon);
  const bool known =
      std::find(other_keys.begin(), other_keys.end(), key) != other_keys.end() ||
      std::any_of(name_keys.begin(), name_keys.end(), [&](const auto& name) { return name.first == key; });
  return known ? key : std::string_view();
}

Result<LevelRange> parse_levels(std::string_view text) {
  const auto dots = text.find("..");
  const auto first = parse_level(text.substr(0, dots));
  const auto second =
      dots == std::string_view::npos ? std::optional(worst_level) : parse_level(text.substr(dots + 2));
  if (!first || !second) return Error{Code::usage, fmt::format("\"{}\" is no level; {}", text, levels_known)};
  return LevelRange{std::min(*first, *second), std::max(*first, *second)};
}

}  // namespace ssblog
