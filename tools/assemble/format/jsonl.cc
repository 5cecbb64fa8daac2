// SPDX-License-Identifier: MIT
#include "assemble/format/jsonl.h"

#include "assemble/format/json_text.h"
#include "assemble/time_text.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

/// What stands between time, sequence, clock and text.
void make_shared(const SweptLine& line, SharedText& shared) {
  const SweptMessage& message = *line.message;
  const Record& record = message.record;
  shared[0] = '"';
  append_json_member(shared[0], "host", message.host);
  append_json_member(shared[0], "id", to_text(message.feed));
  shared[0] += R"(,"sequence":)";
  append_json_member(shared[1], "type", kind_of(line));
  const auto add = [&shared](std::string_view name, std::string_view value) {
    if (!value.empty()) append_json_member(shared[2], name, value);
  };
  add("source", record.source);
  add("destination", record.destination);
  add("job", record.job);
  add("stream", record.stream);
  add("level", level_of(line));
  add("env", record.env);
  add("service", record.service);
  add("function", record.function);
}

}  // namespace

Result<void> JsonlWriter::write(Sweep& sweep, const SweptLine& line) {
  const SharedText& shared = shared_.of(line, [&](SharedText& text) { make_shared(line, text); });
  buffer_ += R"({"time":")";
  append_utc_time(buffer_, line.time);
  buffer_ += shared[0];
  const fmt::format_int sequence(line.message->row.sequence());
  buffer_.append(sequence.data(), sequence.size());
  buffer_ += shared[1];
  if (line.clock) {
    buffer_ += R"(,"clock":")";
    append_utc_time(buffer_, *line.clock);
    buffer_ += '"';
  }
  buffer_ += shared[2];
  if (auto written = write_bytes(sweep, line); !written) return written;
  buffer_ += "}\n";
  return hand_on_if_full();
}

Result<void> JsonlWriter::write_bytes(Sweep& sweep, const SweptLine& line) {
  const std::size_t begin = buffer_.size();
  buffer_ += R"(,"text":")";
  if (line.finished) {
    if (!append_json_text(buffer_, line.bytes)) {
      buffer_.resize(begin);
      return write_base64(sweep, line);
    }
  } else {
    auto shape = shape_of(sweep, line);
    if (!shape) return shape.error();
    if (!shape->is_utf8) {
      buffer_.resize(begin);
      return write_base64(sweep, line);
    }
    JsonText text;
    auto written = each_piece(sweep, line, [&](std::string_view piece) {
      text.add(piece, buffer_);
      return hand_on_if_full();
    });
    if (!written) return written;
  }
  buffer_ += '"';
  return {};
}

Result<void> JsonlWriter::write_base64(Sweep& sweep, const SweptLine& line) {
  buffer_ += R"(,"base64":")";
  std::string held;  // what does not fill three bytes waits for the next piece
  auto written = each_piece(sweep, line, [&](std::string_view piece) {
    held += piece;
    const std::size_t whole = held.size() / 3 * 3;
    append_base64(buffer_, as_bytes(held).first(whole));
    held.erase(0, whole);
    return hand_on_if_full();
  });
  append_base64(buffer_, as_bytes(held));
  buffer_ += '"';
  return written;
}

}  // namespace ssblog
