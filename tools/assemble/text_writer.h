// SPDX-License-Identifier: MIT
// assemble/text_writer.h - swept lines as text: `TIME HOST@ID JOB[STREAM]: TEXT`.
//
// Used by assemble and log. Everything is escaped, so a line of a feed is one line of text and cannot look
// like anything else. Long lines go through piece by piece. Source: design.md, section 6.
#pragma once

#include "assemble/escape.h"
#include "assemble/sweep.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ssblog {

class TextWriter {
 public:
  /// Takes text that is whole lines, but for lines longer than its buffer.
  using Sink = std::function<Result<void>(std::string_view text)>;

  explicit TextWriter(Sink sink) : sink_(std::move(sink)) {}

  /// Writes one line, with its pieces in later messages as far as they are known.
  Result<void> write(Sweep& sweep, const SweptLine& line);
  /// Hands on what waits in the buffer.
  Result<void> flush();

  /// Bytes written so far, buffer included.
  std::uint64_t written() const { return flushed_ + buffer_.size(); }

 private:
  Result<void> hand_on_if_full();
  void append_prefix(const SweptLine& line);

  Sink sink_;
  std::string buffer_;
  std::uint64_t flushed_ = 0;
  /// HOST@ID JOB[STREAM], by what they are made from: lines of the same few streams take turns.
  std::unordered_map<std::string, std::string> prefixes_;
  std::string wanted_;
  LineEscaper escaper_;
};

/// One line as a JSON object, without a line end: time, `clock` (what the host's clock said, where that was put right), host, id, source, destination, job, stream, level, and
/// `text`, or `base64` where the bytes are no UTF-8. For `log --json`.
Result<std::string> line_as_json(Sweep& sweep, const SweptLine& line);

}  // namespace ssblog
