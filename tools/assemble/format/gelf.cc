// SPDX-License-Identifier: MIT
#include "assemble/format/gelf.h"

#include "assemble/format/json_text.h"
#include "assemble/format/utf8_line.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

/// Graylog refuses a message that it takes for blank. Blank may count as more than it takes for it.
bool is_blank(std::string_view text) {
  constexpr std::string_view leads = "\xc2\xe1\xe2\xe3";  // of the blanks of Unicode
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || (byte >= 0x80 && byte <= 0xbf) || leads.find(c) != std::string_view::npos;
  });
}

/// What stands between message, time, sequence and line's number.
void make_shared(const SweptLine& line, SharedText& shared) {
  const SweptMessage& message = *line.message;
  const Record& record = message.record;
  shared[0] = R"({"version":"1.1")";
  append_json_member(shared[0], "host", is_blank(message.host) ? short_id(message.feed) : message.host);
  shared[1] = fmt::format(R"(,"level":{})", severity_of(line));
  const auto add = [&shared](std::string_view name, std::string_view value) {
    if (!value.empty()) append_json_member(shared[1], name, value);
  };
  add("_host", message.host);
  add("_feed", to_text(message.feed));
  add("_type", kind_of(line));
  add("_source", record.source);
  add("_destination", record.destination);
  add("_job", record.job);
  add("_stream", record.stream);
  add("_level", level_of(line));
  add("_env", record.env);
  add("_service", record.service);
  add("_function", record.function);
}

}  // namespace

Result<void> GelfWriter::write(Sweep& sweep, const SweptLine& line) {
  const SharedText& shared = shared_.of(line, [&](SharedText& text) { make_shared(line, text); });
  buffer_ += shared[0];
  buffer_ += is_blank(line.bytes) ? R"(,"short_message":"-","full_message":")" : R"(,"short_message":")";
  auto escaped = append_json_line(buffer_, sweep, line, [this] { return hand_on_if_full(); });
  if (!escaped) return escaped.error();
  fmt::format_to(std::back_inserter(buffer_), R"(","timestamp":{}.{:03})", line.time / 1000,
                 line.time % 1000);
  buffer_ += shared[1];
  fmt::format_to(std::back_inserter(buffer_), R"(,"_sequence":{},"_line":{})", line.message->row.sequence(),
                 line.position.line);
  buffer_ += *escaped ? ",\"_escaped\":\"true\"}\n" : "}\n";
  return hand_on_if_full();
}

}  // namespace ssblog
