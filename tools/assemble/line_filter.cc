// SPDX-License-Identifier: MIT
#include "assemble/line_filter.h"

#include <algorithm>

namespace ssblog {
namespace {

bool lies_in(const LevelRange& range, std::optional<Level> level) {
  return level && *level >= range.worst && *level <= range.mildest;
}

/// ` NAME=VALUE` in the one line of a record; the fields before it in that line come from the same author.
std::string_view shown_value(std::string_view note, std::string_view name) {
  const auto at = note.find(name);
  if (at == std::string_view::npos) return {};
  const auto begin = at + name.size();
  return note.substr(begin, note.find(' ', begin) - begin);
}

}  // namespace

std::optional<Level> level_of_line(const Record& record, char of_line) {
  if (of_line != '-') return of_line - '0';
  return parse_level(record.level);
}

Level level_of_structural(const Record& record) {
  if (record.kind == RecordKind::log || record.kind == RecordKind::loss)
    return warning_level;  // a gap, a loss
  if (record.kind != RecordKind::job) return info_level;
  const std::string_view status = shown_value(record.note, " status=");
  const bool failed = (!status.empty() && status != "0") || !shown_value(record.note, " signal=").empty();
  return failed ? err_level : info_level;
}

Result<LineFilter> LineFilter::make(const Selection& selection) {
  LineFilter filter;
  filter.levels_ = selection.levels;
  for (const TextRule& rule : selection.texts) {
    auto pattern = TextPattern::make(rule);
    if (!pattern) return pattern.error();
    filter.texts_.push_back({std::move(*pattern), !rule.pattern, rule.without});
  }
  return filter;
}

bool LineFilter::wants(std::string_view text, std::optional<Level> level) const {
  if (levels_ && !lies_in(*levels_, level)) return false;
  text = text.substr(0, most_looked_at);
  return std::all_of(texts_.begin(), texts_.end(),
                     [text](const Rule& rule) { return rule.pattern.stands_in(text) != rule.without; });
}

bool LineFilter::may_want(const Record& record) const {
  if (levels_) {
    const bool some_line = std::any_of(record.levels.begin(), record.levels.end(), [&](char level) {
      return lies_in(*levels_, level_of_line(record, level));
    });
    if (record.levels.empty() ? !lies_in(*levels_, level_of_line(record, '-')) : !some_line) return false;
  }
  return std::all_of(texts_.begin(), texts_.end(), [&](const Rule& rule) {
    return !rule.word || rule.without || rule.pattern.stands_in(record.bytes);
  });
}

}  // namespace ssblog
