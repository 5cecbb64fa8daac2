// SPDX-License-Identifier: MIT
#include "assemble/format/journal_export.h"

#include "assemble/format/plain_ascii.h"
#include "feed/crypto.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

/// `NAME`, a line end, and the length of what follows, 64 bits with the lowest byte first.
void begin_counted(std::string& out, std::string_view name, std::uint64_t size) {
  (out += name) += '\n';
  for (int byte = 0; byte < 8; ++byte) out += static_cast<char>(size >> (8 * byte) & 0xff);
}

void add(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (is_plain_ascii(value)) {
    (out += name) += '=';
  } else {
    begin_counted(out, name, value.size());
  }
  (out += value) += '\n';
}

/// 128 bits that stand for a feed, and for a boot of it: as machine and boot, which entries must have.
std::string id128(std::string_view what, const SweptMessage& message) {
  std::string text(what);
  text += as_text(message.feed.view());
  text += message.record.boot;
  return to_hex(ByteView(sha256(as_bytes(text))).first(16));
}

/// The fields that lines share.
void make_shared(const SweptLine& line, SharedText& shared) {
  const SweptMessage& message = *line.message;
  const Record& record = message.record;
  std::string& out = shared[0];
  add(out, "_BOOT_ID", id128("ssblog boot", message));
  add(out, "_HOSTNAME", message.host);
  add(out, "PRIORITY", std::string(1, static_cast<char>('0' + severity_of(line))));
  add(out, "SYSLOG_IDENTIFIER", record.job.empty() ? record.stream : record.job);
  add(out, "SSBLOG_FEED", to_text(message.feed));
  add(out, "SSBLOG_HOST", message.host);
  add(out, "SSBLOG_TYPE", kind_of(line));
  add(out, "SSBLOG_SOURCE", record.source);
  add(out, "SSBLOG_DESTINATION", record.destination);
  add(out, "SSBLOG_JOB", record.job);
  add(out, "SSBLOG_STREAM", record.stream);
  add(out, "SSBLOG_LEVEL", level_of(line));
  add(out, "SSBLOG_ENV", record.env);
  add(out, "SSBLOG_SERVICE", record.service);
  add(out, "SSBLOG_FUNCTION", record.function);
}

}  // namespace

Result<void> JournalExportWriter::write(Sweep& sweep, const SweptLine& line) {
  const SharedText& shared = shared_.of(line, [&](SharedText& text) { make_shared(line, text); });
  fmt::format_to(std::back_inserter(buffer_), "__REALTIME_TIMESTAMP={}000\n__MONOTONIC_TIMESTAMP={}\n",
                 line.time, std::min<std::int64_t>(line.message->record.up.value_or(0), max_time) * 1000);
  buffer_ += shared[0];
  fmt::format_to(std::back_inserter(buffer_), "SSBLOG_SEQUENCE={}\nSSBLOG_LINE={}\n",
                 line.message->row.sequence(), line.position.line);
  if (line.finished && is_plain_ascii(line.bytes)) {
    ((buffer_ += "MESSAGE=") += line.bytes) += "\n\n";
    return hand_on_if_full();
  }
  std::uint64_t size = line.bytes.size();
  if (!line.finished) {
    auto shape = shape_of(sweep, line);
    if (!shape) return shape.error();
    size = shape->size;
  }
  begin_counted(buffer_, "MESSAGE", size);
  auto written = each_piece(sweep, line, [this](std::string_view piece) {
    buffer_ += piece;
    return hand_on_if_full();
  });
  if (!written) return written;
  buffer_ += "\n\n";
  return hand_on_if_full();
}

}  // namespace ssblog
