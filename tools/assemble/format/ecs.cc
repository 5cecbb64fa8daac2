// SPDX-License-Identifier: MIT
#include "assemble/format/ecs.h"

#include "assemble/format/json_text.h"
#include "assemble/format/utf8_line.h"
#include "assemble/time_text.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

/// The action up to the sequence, the document between time and text, and behind the line's number.
void make_shared(const SweptLine& line, SharedText& shared) {
  const SweptMessage& message = *line.message;
  const Record& record = message.record;
  shared[0] = fmt::format(R"({{"create":{{"_id":"{}-)", to_base64_url(message.feed.view()));
  shared[1] = R"(","ecs":{"version":"8.11.0"},"event":{"dataset":"ssblog")";
  shared[1] += fmt::format(R"(,"severity":{}}})", severity_of(line));
  if (!level_of(line).empty()) {
    shared[1] += R"(,"log":{)";
    append_json_member(shared[1], "level", level_of(line));
    shared[1] += '}';
  }
  if (!message.host.empty()) {
    shared[1] += R"(,"host":{)";
    append_json_member(shared[1], "name", message.host);
    shared[1] += '}';
  }
  shared[1] += R"(,"ssblog":{)";
  append_json_member(shared[1], "feed", to_text(message.feed));
  append_json_member(shared[1], "type", kind_of(line));
  const auto add = [&shared](std::string_view name, std::string_view value) {
    if (!value.empty()) append_json_member(shared[1], name, value);
  };
  add("source", record.source);
  add("destination", record.destination);
  add("job", record.job);
  add("stream", record.stream);
  add("env", record.env);
  add("service", record.service);
  add("function", record.function);
}

}  // namespace

Result<void> EcsWriter::write(Sweep& sweep, const SweptLine& line) {
  const SharedText& shared = shared_.of(line, [&](SharedText& text) { make_shared(line, text); });
  const Seq sequence = line.message->row.sequence();
  const std::uint32_t number = line.position.line;
  buffer_ += shared[0];
  fmt::format_to(std::back_inserter(buffer_), "{}-{}\"}}}}\n", sequence, number);
  buffer_ += R"({"@timestamp":")";
  append_utc_time(buffer_, line.time);
  buffer_ += shared[1];
  fmt::format_to(std::back_inserter(buffer_), R"(,"sequence":{},"line":{}}},"message":")", sequence, number);
  auto escaped = append_json_line(buffer_, sweep, line, [this] { return hand_on_if_full(); });
  if (!escaped) return escaped.error();
  buffer_ += *escaped ? "\",\"tags\":[\"escaped\"]}\n" : "\"}\n";
  return hand_on_if_full();
}

}  // namespace ssblog
