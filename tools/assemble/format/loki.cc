// SPDX-License-Identifier: MIT
#include "assemble/format/loki.h"

#include "assemble/escape.h"
#include "assemble/format/json_text.h"
#include "assemble/format/utf8_line.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::size_t most_lines = 1000;             // of a body
constexpr std::uint64_t longest_body = 1024 * 1024;  // about; Loki takes 4 MiB by default
constexpr std::size_t longest_label = 1024;          // Loki takes 2048 by default

/// Where in its ms a line stands: lines of a message one behind the other, messages by turns.
std::uint32_t nanoseconds_of(const SweptLine& line) {
  constexpr std::uint32_t most_of_message = 10'000, messages = 100;
  return static_cast<std::uint32_t>(line.message->row.sequence() % messages) * most_of_message +
         std::min(line.position.line, most_of_message - 1);
}

void add_label(std::string& labels, std::string& metadata, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  if (value.size() <= longest_label) {
    append_json_member(labels, name, value);
    return;
  }
  append_json_member(labels, name, escape_name(value));
  append_json_member(metadata, fmt::format("full_{}", name), value);
}

/// The labels, and the metadata that lines share.
void make_shared(const SweptLine& line, SharedText& shared) {
  const SweptMessage& message = *line.message;
  const Record& record = message.record;
  std::string& labels = shared[0];
  std::string& metadata = shared[1];
  labels = metadata = '{';
  append_json_member(labels, "service_name", "ssblog");
  append_json_member(metadata, "feed", to_text(message.feed));
  append_json_member(metadata, "type", kind_of(line));
  add_label(labels, metadata, "host", message.host);
  add_label(labels, metadata, "job", record.job);
  add_label(labels, metadata, "stream", record.stream);
  const auto add = [&metadata](std::string_view name, std::string_view value) {
    if (!value.empty()) append_json_member(metadata, name, value);
  };
  add("source", record.source);
  add("destination", record.destination);
  add("level", level_of(line));
  add("env", record.env);
  add("service", record.service);
  add("function", record.function);
  labels += '}';
}

}  // namespace

Result<void> LokiWriter::write(Sweep& sweep, const SweptLine& line) {
  const SharedText& shared = shared_.of(line, [&](SharedText& text) { make_shared(line, text); });
  if (lines_ == 0) {
    began_at_ = written();
    buffer_ += R"({"streams":[)";
  }
  if (lines_ == 0 || labels_ != shared[0]) {
    if (lines_ > 0) buffer_ += "]},";
    labels_ = shared[0];
    ((buffer_ += R"({"stream":)") += labels_) += R"(,"values":[)";
  } else {
    buffer_ += ',';
  }
  ++lines_;
  fmt::format_to(std::back_inserter(buffer_), R"(["{}{:06}",")", line.time, nanoseconds_of(line));
  auto escaped = append_json_line(buffer_, sweep, line, [this] { return hand_on_if_full(); });
  if (!escaped) return escaped.error();
  (buffer_ += "\",") += shared[1];
  fmt::format_to(std::back_inserter(buffer_), R"(,"sequence":"{}","line":"{}")", line.message->row.sequence(),
                 line.position.line);
  buffer_ += *escaped ? R"(,"escaped":"true"}])" : "}]";
  if (lines_ >= most_lines || written() - began_at_ >= longest_body) end_batch();
  return hand_on_if_full();
}

void LokiWriter::end_batch() {
  if (lines_ == 0) return;
  buffer_ += "]}]}\n";
  lines_ = 0;
}

}  // namespace ssblog
