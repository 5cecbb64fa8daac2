// SPDX-License-Identifier: MIT
#include "assemble/format/utf8_line.h"

#include "assemble/escape.h"
#include "assemble/format/json_text.h"

namespace ssblog {
namespace {

/// The escaped form is ASCII and UTF-8, in which only backslashes are left to be escaped, and quotes.
void append_escaped(std::string& out, std::string_view piece, LineEscaper& escaper, JsonText& json,
                    std::string& scratch) {
  scratch.clear();
  escaper.add(as_bytes(piece), scratch);
  json.add(scratch, out);
}

}  // namespace

Result<bool> append_json_line(std::string& out, Sweep& sweep, const SweptLine& line,
                              const std::function<Result<void>()>& flush) {
  bool is_utf8 = true;
  if (line.finished) {
    const std::size_t begin = out.size();
    if (append_json_text(out, line.bytes)) return false;
    out.resize(begin);
    is_utf8 = false;
  } else {
    auto shape = shape_of(sweep, line);
    if (!shape) return shape.error();
    is_utf8 = shape->is_utf8;
  }
  JsonText json;
  LineEscaper escaper;
  std::string scratch;
  auto written = each_piece(sweep, line, [&](std::string_view piece) {
    if (is_utf8) {
      json.add(piece, out);
    } else {
      append_escaped(out, piece, escaper, json, scratch);
    }
    return flush();
  });
  if (!written) return written.error();
  if (!is_utf8) {
    scratch.clear();
    escaper.finish(scratch);
    json.add(scratch, out);
  }
  return !is_utf8;
}

}  // namespace ssblog
