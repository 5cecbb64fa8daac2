// SPDX-License-Identifier: MIT
#include "assemble/format/syslog5424.h"

#include "assemble/escape.h"
#include "assemble/format/plain_ascii.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

constexpr int user_facility = 1;

/// A field of the header: printable ASCII of a length; `-` when there is nothing to say.
std::string header_field(std::string_view value, std::size_t longest) {
  if (value.empty()) return "-";
  std::string field = escape_name(value);
  if (field.size() > longest) {
    field.resize(longest - 1);
    field += '~';
  }
  return field;
}

/// A parameter of the structured data, in the escaped form, so that no control character is in it.
void add_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  std::string text;
  escape_line(as_bytes(value), text);
  ((out += ' ') += name) += "=\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == ']') out += '\\';
    out += c;
  }
  out += '"';
}

/// `<PRI>1 `, what stands between the time and the sequence, and what stands behind the line's number.
void make_shared(const SweptLine& line, SharedText& shared) {
  const SweptMessage& message = *line.message;
  const Record& record = message.record;
  const std::string host = message.host.empty() ? short_id(message.feed) : message.host;
  shared[0] = fmt::format("<{}>1 ", user_facility * 8 + severity_of(line));
  shared[1] = fmt::format(" {} {} {} {} [ssblog@32473", header_field(host, 255), header_field(record.job, 48),
                          header_field(record.stream, 128), header_field(kind_of(line), 32));
  add_parameter(shared[1], "host", message.host);
  add_parameter(shared[1], "id", to_text(message.feed));
  add_parameter(shared[2], "type", kind_of(line));
  add_parameter(shared[2], "source", record.source);
  add_parameter(shared[2], "destination", record.destination);
  add_parameter(shared[2], "job", record.job);
  add_parameter(shared[2], "stream", record.stream);
  add_parameter(shared[2], "level", level_of(line));
  add_parameter(shared[2], "env", record.env);
  add_parameter(shared[2], "service", record.service);
  add_parameter(shared[2], "function", record.function);
}

}  // namespace

Result<void> Syslog5424Writer::write(Sweep& sweep, const SweptLine& line) {
  LineShape shape;
  shape.size = line.bytes.size();
  if (!line.finished || !is_plain_ascii(line.bytes)) {
    auto looked = shape_of(sweep, line);
    if (!looked) return looked.error();
    shape = *looked;
  }
  const bool escaped = !shape.is_utf8 || !shape.is_harmless;
  const SharedText& shared = shared_.of(line, [&](SharedText& text) { make_shared(line, text); });
  head_ = shared[0];
  clock_.append(head_, line.time);
  (head_ += shared[1]) += " sequence=\"";
  const fmt::format_int sequence(line.message->row.sequence()), number(line.position.line);
  head_.append(sequence.data(), sequence.size());
  head_ += "\" line=\"";
  head_.append(number.data(), number.size());
  (head_ += '"') += shared[2];
  head_ += escaped ? " escaped=\"true\"] " : "] ";
  if (octet_counted_) {
    const std::uint64_t length = head_.size() + (escaped ? shape.escaped_size : shape.size);
    fmt::format_to(std::back_inserter(buffer_), "{} ", length);
  }
  buffer_ += head_;
  if (auto written = write_message(sweep, line, escaped); !written) return written;
  if (!octet_counted_) buffer_ += '\n';
  return hand_on_if_full();
}

Result<void> Syslog5424Writer::write_message(Sweep& sweep, const SweptLine& line, bool escaped) {
  LineEscaper escaper;
  auto written = each_piece(sweep, line, [&](std::string_view piece) {
    if (escaped) {
      escaper.add(as_bytes(piece), buffer_);
    } else {
      buffer_ += piece;
    }
    return hand_on_if_full();
  });
  escaper.finish(buffer_);
  return written;
}

}  // namespace ssblog
