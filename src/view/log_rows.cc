// SPDX-License-Identifier: MIT
#include "view/log_rows.h"

#include "assemble/escape.h"
#include "assemble/format.h"
#include "assemble/format/json_text.h"
#include "feed/utf.h"
#include "view/host_list.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

/// The beginning of the line, at most `longest_logline` bytes of it. True: that is all.
Result<bool> beginning_of(Sweep& sweep, const SweptLine& line, std::string& bytes) {
  std::uint64_t size = line.bytes.size();
  bytes = line.bytes.substr(0, longest_logline);
  if (!line.finished) {
    auto rest = sweep.rest(line, [&](std::string_view piece) {
      size += piece.size();
      bytes += piece.substr(0, longest_logline - bytes.size());
      return Result<void>();
    });
    if (!rest) return rest.error();
  }
  if (size == bytes.size()) return true;
  if (is_utf8(as_bytes(bytes))) return false;
  // Not within a character.
  while (!bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0xc0) == 0x80) bytes.pop_back();
  if (!bytes.empty() && static_cast<unsigned char>(bytes.back()) >= 0xc0) bytes.pop_back();
  return false;
}

}  // namespace

Result<void> write_log_row(Sweep& sweep, const SweptLine& line, std::string_view host, std::string& row) {
  const Record& record = line.message->record;
  std::string text;
  auto whole = beginning_of(sweep, line, text);
  if (!whole) return whole.error();
  if (!is_utf8(as_bytes(text))) {
    std::string escaped;
    escape_line(as_bytes(text), escaped);
    text = std::move(escaped);
  }
  if (!*whole) text += "...";
  row += '{';
  append_json_member(row, "filename", file_name(record.job, record.stream));
  append_json_member(row, "last_modified", fmt::format("{}.{:03}", line.time / 1000, line.time % 1000));
  append_json_member(row, "logline", text);
  append_json_member(row, "host", host);
  row += '}';
  return {};
}

Result<void> write_record(Sweep& sweep, const SweptLine& line, std::string& row) {
  FormatOptions options;
  options.format = Format::jsonl;
  auto writer = make_writer(options, [&row](std::string_view text) {
    row += text;
    return Result<void>();
  });
  if (!writer) return writer.error();
  std::string beginning;
  SweptLine shown = line;
  if (!line.finished || line.bytes.size() > longest_logline) {
    auto whole = beginning_of(sweep, line, beginning);
    if (!whole) return whole.error();
    if (!*whole) beginning += "...";
    shown.bytes = beginning;
    shown.finished = true;
  }
  if (auto written = (*writer)->write(sweep, shown); !written) return written;
  if (auto flushed = (*writer)->flush(); !flushed) return flushed;
  while (row.ends_with('\n')) row.pop_back();
  return {};
}

Result<TextRule> filter_rule(std::string_view filter) {
  TextRule rule;
  rule.pattern = filter.size() > 2 && filter.starts_with('/') && filter.ends_with('/');
  rule.text = rule.pattern ? filter.substr(1, filter.size() - 2) : filter;
  rule.any_case = !has_capital(rule.text, rule.pattern);
  if (auto made = TextPattern::make(rule); !made) return made.error();
  return rule;
}

}  // namespace ssblog
