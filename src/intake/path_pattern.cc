// SPDX-License-Identifier: MIT
#include "intake/path_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace ssblog {
namespace {

constexpr std::size_t most_braces = 32;  // groups in a pattern

Error refuse(std::string_view pattern, std::string_view why) {
  return {Code::config, fmt::format("the pattern \"{}\" {}", pattern.substr(0, 200), why)};
}

/// The next character as a number, taken off the front: a code point, or a byte that is part of none.
std::uint32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : byte(0) >= 0xc0 ? 2 : 1;
  std::uint32_t value = byte(0);
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || (byte(i) & 0xc0) != 0x80) {
      value = byte(0);
      text.remove_prefix(1);
      return value | 0x80000000U;
    }
    value = value << 8 | byte(i);  // no code point, but in the order of code points
  }
  if (length == 1 && value >= 0x80) value |= 0x80000000U;
  text.remove_prefix(length);
  return value;
}

/// What stands behind the bracket that `text` begins with; nothing when it is not closed.
std::optional<std::size_t> behind_bracket(std::string_view text) {
  std::size_t at = 1;
  if (at < text.size() && (text[at] == '!' || text[at] == '^')) ++at;
  for (bool first = true; at < text.size(); ++at, first = false) {
    if (text[at] == ']' && !first) return at + 1;
    if (text[at] == '\\') ++at;
  }
  return std::nullopt;
}

std::uint32_t take_member(std::string_view& members) {
  if (members.front() == '\\' && members.size() > 1) members.remove_prefix(1);
  return take_character(members);
}

/// `bracket` is "[...]", whole.
bool is_in(std::string_view bracket, std::uint32_t wanted) {
  auto members = bracket.substr(1, bracket.size() - 2);
  const bool negated = members.front() == '!' || members.front() == '^';
  if (negated) members.remove_prefix(1);
  bool found = false;
  while (!members.empty()) {
    const auto from = take_member(members);
    auto to = from;
    if (members.size() > 1 && members.front() == '-') {
      members.remove_prefix(1);
      to = take_member(members);
    }
    found = found || (wanted >= from && wanted <= to);
  }
  return found != negated;
}

/// A part without its backslashes.
std::string unescaped(std::string_view part) {
  std::string text;
  for (std::size_t at = 0; at < part.size(); ++at) {
    if (part[at] == '\\' && at + 1 < part.size()) ++at;
    text += part[at];
  }
  return text;
}

bool has_signs(std::string_view part) {
  for (std::size_t at = 0; at < part.size(); ++at) {
    if (part[at] == '*' || part[at] == '?' || part[at] == '[') return true;
    if (part[at] == '\\') ++at;
  }
  return false;
}

/// A slash ends a part, also between brackets; glob(7) has no such pattern match anything.
bool has_open_bracket(std::string_view part) {
  for (std::size_t at = 0; at < part.size(); ++at) {
    if (part[at] == '\\') {
      ++at;
    } else if (part[at] == '[') {
      const auto length = behind_bracket(part.substr(at));
      if (!length) return true;
      at += *length - 1;
    }
  }
  return false;
}

/// Takes one element and what it matches off both; a `*` is none.
bool take_element(std::string_view& pattern, std::string_view& name) {
  if (pattern.front() == '[') {
    const auto length = behind_bracket(pattern).value_or(pattern.size());  // it is closed, says parse
    const auto bracket = pattern.substr(0, length);
    pattern.remove_prefix(length);
    return is_in(bracket, take_character(name));
  }
  if (pattern.front() == '?') {
    pattern.remove_prefix(1);
    take_character(name);
    return true;
  }
  if (pattern.front() == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  const bool same = pattern.front() == name.front();
  pattern.remove_prefix(1);
  name.remove_prefix(1);
  return same;
}

/// One part of a path against one part of a pattern. Only the last `*` is ever tried again: what stands between two of
/// them may as well be found where it comes first.
bool part_matches(std::string_view pattern, std::string_view name) {
  if (name.starts_with('.') && !pattern.starts_with('.') && !pattern.starts_with("\\.")) return false;
  std::optional<std::string_view> behind_star;
  std::string_view retry;
  while (true) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      behind_star = pattern;
      retry = name;
      continue;
    }
    if (name.empty() && pattern.empty()) return true;
    if (!name.empty() && !pattern.empty() && take_element(pattern, name)) continue;
    if (!behind_star || retry.empty()) return false;
    take_character(retry);
    pattern = *behind_star;
    name = retry;
  }
}

/// The first brace of a text, its end, and the commas between; nothing when there is none. Code::config for an open one.
struct Braces {
  std::size_t begin, end;  ///< of "{a,b}"
  std::vector<std::size_t> commas;
};
Result<std::optional<Braces>> first_braces(std::string_view text) {
  std::optional<Braces> found;
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++at;
    } else if (c == '[') {
      const auto length = behind_bracket(text.substr(at));
      if (!length) return refuse(text, "has a [ without a ]; say \\[ for the sign itself");
      at += *length - 1;
    } else if (c == '{') {
      if (depth++ == 0) found = Braces{at, 0, {}};
    } else if (c == ',' && depth == 1) {
      found->commas.push_back(at);
    } else if (c == '}' && depth > 0 && --depth == 0) {
      found->end = at + 1;
      return found;
    }
  }
  if (depth > 0) return refuse(text, "has a { without a }; say \\{ for the sign itself");
  return std::optional<Braces>();
}

/// The texts that braces make of one, in order.
Result<std::vector<std::string>> alternatives(std::string_view pattern) {
  if (std::count(pattern.begin(), pattern.end(), '{') > static_cast<std::ptrdiff_t>(most_braces))
    return refuse(pattern, fmt::format("has more than {} braces", most_braces));
  std::vector<std::string> texts = {std::string(pattern)};
  for (std::size_t at = 0; at < texts.size();) {
    const std::string text = texts[at];
    auto found = first_braces(text);
    if (!found) return found.error();
    if (!*found) {
      ++at;
      continue;
    }
    const Braces& braces = **found;
    std::vector<std::string> made;
    std::size_t begin = braces.begin + 1;
    for (std::size_t i = 0; i <= braces.commas.size(); ++i) {
      const auto end = i < braces.commas.size() ? braces.commas[i] : braces.end - 1;
      made.push_back(text.substr(0, braces.begin) + text.substr(begin, end - begin) +
                     text.substr(braces.end));
      begin = end + 1;
    }
    if (texts.size() + made.size() > PathPattern::most_alternatives + 1) {
      return refuse(pattern,
                    fmt::format("has more than {} alternatives in its braces; make it several patterns",
                                PathPattern::most_alternatives));
    }
    const auto place = texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(at));
    texts.insert(place, made.begin(), made.end());
  }
  return texts;
}

/// Takes the next part off the front of a path; slashes in a row are one.
std::optional<std::string_view> take_part(std::string_view& path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  if (path.empty()) return std::nullopt;
  const auto part = path.substr(0, path.find('/'));
  path.remove_prefix(part.size());
  return part;
}

}  // namespace

Result<std::vector<PathPattern>> PathPattern::parse(std::string_view pattern, bool relative) {
  if (pattern.size() > longest) return refuse(pattern, fmt::format("has more than {} bytes", longest));
  if (pattern.find('\0') != std::string_view::npos) return refuse(pattern, "has a NUL in it");
  auto texts = alternatives(pattern);
  if (!texts) return texts.error();
  std::vector<PathPattern> patterns;
  for (const std::string& text : *texts) {
    const bool absolute = text.starts_with('/');
    if (!absolute && !relative)
      return refuse(pattern, fmt::format("is not absolute; say it from the root on, as /var/log/{}", text));
    if (text.empty()) return refuse(pattern, "is empty");
    if (text.ends_with('/') || text.ends_with("/."))
      return refuse(pattern,
                    fmt::format("names a folder; say {0}* for its files, {0}** for all below", text));
    PathPattern& made = patterns.emplace_back();
    made.text_ = text;
    made.relative_ = !absolute;
    made.literal_ = true;
    std::string_view rest = text;
    while (const auto part = take_part(rest)) {
      if (*part == ".") continue;
      if (*part == "..") return refuse(pattern, "has a \"..\" in it; say the path without");
      if (has_open_bracket(*part))
        return refuse(pattern, "has a slash between [ and ]; say \\[ for the sign itself");
      if (made.literal_ && has_signs(*part)) made.literal_ = false;
      const bool is_last = rest.find_first_not_of('/') == std::string_view::npos;
      if (absolute && made.literal_ && !is_last) made.root_.append("/").append(unescaped(*part));
      const bool again = *part == "**" && !made.parts_.empty() && made.parts_.back() == "**";
      if (!again) made.parts_.emplace_back(*part);
    }
    if (absolute && made.root_.empty()) made.root_ = "/";
    if (made.parts_.empty()) return refuse(pattern, "names no file");
    if (made.parts_.size() > most_parts)
      return refuse(pattern, fmt::format("has more than {} parts", most_parts));
  }
  return patterns;
}

std::uint64_t PathPattern::states_after(std::string_view path) const {
  const auto bit = [](std::size_t i) { return std::uint64_t{1} << i; };
  // A `**` that more parts follow may stand for no folder at all.
  const auto spread = [&](std::uint64_t states) {
    for (std::size_t i = 0; i + 1 < parts_.size(); ++i) {
      if ((states & bit(i)) != 0 && parts_[i] == "**") states |= bit(i + 1);
    }
    return states;
  };
  std::uint64_t states = spread(bit(0));
  while (const auto name = take_part(path)) {
    std::uint64_t next = relative_ ? bit(0) : 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if ((states & bit(i)) == 0) continue;
      if (parts_[i] == "**") {
        if (!name->starts_with('.')) next |= bit(i) | (i + 1 == parts_.size() ? bit(i + 1) : 0);
      } else if (part_matches(parts_[i], *name)) {
        next |= bit(i + 1);
      }
    }
    states = spread(next);
    if (states == 0) break;
  }
  return states;
}

bool PathPattern::matches(std::string_view path) const {
  return !path.ends_with('/') && (states_after(path) >> parts_.size() & 1) != 0;
}

bool PathPattern::may_match_below(std::string_view path) const {
  return (states_after(path) & ((std::uint64_t{1} << parts_.size()) - 1)) != 0;
}

std::string PathPattern::path() const {
  return fmt::format("{}/{}", root_ == "/" ? "" : root_, unescaped(parts_.back()));
}

bool any_matches(const std::vector<PathPattern>& patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const PathPattern& pattern) { return pattern.matches(path); });
}

}  // namespace ssblog
