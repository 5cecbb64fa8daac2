// SPDX-License-Identifier: MIT
// assemble/line_writer.h - swept lines in some format, handed on in pieces of a useful size.
//
// Used by assemble, log and the sinks; format.h makes one of them. The formats are its children: each appends to
// the buffer here, so that a line costs one virtual call and none of its bytes does. One thread.
#pragma once

#include "feed/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ssblog {

class Sweep;
struct SweptLine;

class LineWriter {
 public:
  /// Takes what was written: whole records, but for those longer than the buffer.
  using Sink = std::function<Result<void>(std::string_view text)>;

  explicit LineWriter(Sink sink) : sink_(std::move(sink)) {}
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  virtual ~LineWriter() = default;

  /// Writes one line, with its pieces in later messages as far as they are known. `line` is the one that `sweep` gave
  /// last.
  virtual Result<void> write(Sweep& sweep, const SweptLine& line) = 0;

  /// Ends what is open, a batch of lines, and hands on all that waits.
  Result<void> flush();

  /// Hands on what waits, and leaves open what is open.
  Result<void> spill();
  std::size_t waiting() const { return buffer_.size(); }

  /// Bytes written so far, buffer included.
  std::uint64_t written() const { return flushed_ + buffer_.size(); }

  /// True: nothing is open, so that another writer could go on here and nobody would see it.
  virtual bool between_batches() const { return true; }

 protected:
  virtual void end_batch() {}
  /// To be called at times: behind each record, and within a long one.
  Result<void> hand_on_if_full();

  std::string buffer_;

 private:
  Sink sink_;
  std::uint64_t flushed_ = 0;
};

}  // namespace ssblog
