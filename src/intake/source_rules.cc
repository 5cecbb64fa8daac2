// SPDX-License-Identifier: MIT
#include "intake/source_rules.h"

#include "feed/event_content.h"
#include "feed/json.h"

#include <algorithm>

namespace ssblog {

Result<std::unique_ptr<SourceRules>> SourceRules::create(Source source, std::string host) {
  auto patterns = parse_patterns(source.paths);
  if (!patterns) return patterns.error();
  auto exclude = parse_patterns(source.exclude, true);
  if (!exclude) return exclude.error();
  auto cutter = LineCutter::create(source);
  if (!cutter) return cutter.error();
  auto stream_template = StreamTemplate::parse(source);
  if (!stream_template) return stream_template.error();
  std::unique_ptr<SourceRules> rules(
      new SourceRules(std::move(source), std::move(host), std::move(*cutter), std::move(*stream_template)));
  if (rules->source_.redact && !rules->source_.raw) {
    auto redactor = Redactor::create(rules->source_.redact_patterns);
    if (!redactor) return redactor.error();
    rules->redactor_ = std::move(*redactor);
  }
  rules->patterns_ = std::move(*patterns);
  rules->exclude_ = std::move(*exclude);
  return rules;
}

bool SourceRules::matches(std::string_view path) const {
  if (!any_matches(patterns_, path)) return false;
  // As the walk does: nothing below a folder that is left out.
  for (auto slash = path.find('/', 1); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    if (any_matches(exclude_, path.substr(0, slash))) return false;
  }
  return !any_matches(exclude_, path);
}

bool SourceRules::may_match_below(std::string_view folder) const {
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const PathPattern& pattern) { return pattern.may_match_below(folder); });
}

std::string SourceRules::stream_of(const std::string& path, const FileFacts& facts, Millis now) const {
  return stream_template_.of({.name = source_.name,
                              .path = path,
                              .host = host_,
                              .time = now,
                              .atime = facts.accessed / nanoseconds_of_ms,
                              .mtime = facts.modified / nanoseconds_of_ms,
                              .ctime = facts.changed / nanoseconds_of_ms,
                              .ino = facts.id.inode,
                              .dev = facts.id.device});
}

std::string SourceRules::head_of(const std::string& stream) const {
  std::string head = R"({"type":"log","source":)";
  append_json_string(head, host_);
  const auto add = [&head](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    head.append(",\"").append(name).append("\":");
    append_json_string(head, value);
  };
  add("destination", source_.destination);
  add("job", source_.job);
  add("stream", stream);
  add("level", source_.level);
  return head += '}';
}

std::string SourceRules::loss_of(const Position& position, std::uint64_t bytes, std::string_view reason,
                                 Millis now) const {
  Loss loss{.source = host_,
            .job = source_.job,
            .destination = source_.destination,
            .stream = position.stream,
            .run = position.run,
            .offset = position.offset,
            .bytes = {},
            .records = {},
            .reason = std::string(reason)};
  if (bytes > 0) loss.bytes = bytes;
  return loss_content(loss, now);
}

}  // namespace ssblog
