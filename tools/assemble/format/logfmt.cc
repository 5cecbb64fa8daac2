// SPDX-License-Identifier: MIT
#include "assemble/format/logfmt.h"

#include "assemble/format/json_text.h"
#include "assemble/format/utf8_line.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

bool stands_bare(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._/:+@-").find(c) != std::string_view::npos;
  });
}

void add(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (!out.empty()) out += ' ';
  (out += name) += '=';
  if (stands_bare(value)) {
    out += value;
    return;
  }
  out += '"';
  append_json_text(out, value);
  out += '"';
}

/// What stands between time, sequence, line and text.
void make_shared(const SweptLine& line, SharedText& shared) {
  const SweptMessage& message = *line.message;
  const Record& record = message.record;
  add(shared[0], "host", message.host);
  add(shared[0], "id", to_text(message.feed));
  add(shared[1], "type", kind_of(line));
  add(shared[1], "source", record.source);
  add(shared[1], "destination", record.destination);
  add(shared[1], "job", record.job);
  add(shared[1], "stream", record.stream);
  add(shared[1], "level", level_of(line));
  add(shared[1], "env", record.env);
  add(shared[1], "service", record.service);
  add(shared[1], "function", record.function);
}

}  // namespace

Result<void> LogfmtWriter::write(Sweep& sweep, const SweptLine& line) {
  time_.clear();
  clock_.append(time_, line.time);
  const std::size_t begin = buffer_.size();
  buffer_ += "time=";
  if (stands_bare(time_)) {
    buffer_ += time_;
  } else {
    buffer_.resize(begin);
    std::string quoted;
    add(quoted, "time", time_);
    buffer_ += quoted;
  }
  const SharedText& shared = shared_.of(line, [&](SharedText& text) { make_shared(line, text); });
  ((buffer_ += ' ') += shared[0]) += " sequence=";
  const fmt::format_int sequence(line.message->row.sequence()), number(line.position.line);
  buffer_.append(sequence.data(), sequence.size());
  buffer_ += " line=";
  buffer_.append(number.data(), number.size());
  ((buffer_ += ' ') += shared[1]) += " text=\"";
  auto escaped = append_json_line(buffer_, sweep, line, [this] { return hand_on_if_full(); });
  if (!escaped) return escaped.error();
  buffer_ += *escaped ? "\" escaped=true\n" : "\"\n";
  return hand_on_if_full();
}

}  // namespace ssblog
