// SPDX-License-Identifier: MIT
#include "assemble/format/text.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

/// ` HOST@ID JOB[STREAM]: `
void make_prefix(const SweptLine& line, SharedText& prefix) {
  const SweptMessage& message = *line.message;
  prefix[0] = fmt::format(" {}@{} {}[{}]{} ", escape_name(message.host), short_id(message.feed),
                          escape_name(message.record.job), escape_name(message.record.stream),
                          line.structural ? '!' : ':');
}

}  // namespace

Result<void> TextWriter::write(Sweep& sweep, const SweptLine& line) {
  clock_.append(buffer_, line.time);
  if (line.clock) buffer_ += '~';
  buffer_ += prefixes_.of(line, [&](SharedText& prefix) { make_prefix(line, prefix); })[0];
  if (line.finished) {
    escape_line(as_bytes(line.bytes), buffer_);
  } else {
    auto written = each_piece(sweep, line, [this](std::string_view bytes) {
      escaper_.add(as_bytes(bytes), buffer_);
      return hand_on_if_full();
    });
    escaper_.finish(buffer_);
    if (!written) return written;
  }
  buffer_ += '\n';
  return hand_on_if_full();
}

}  // namespace ssblog
