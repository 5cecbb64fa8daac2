// SPDX-License-Identifier: MIT
// intake/redacted_stream.h - the bytes of a stream, with its secrets masked.
//
// Used by run. It holds back what may be a secret's beginning, which is of an unfinished line and bounded (see
// Redactor::mask), and nothing else. Pure, one thread.
#pragma once

#include "feed/record.h"
#include "intake/redactor.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ssblog {

class RedactedStream {
 public:
  /// Takes bytes that are to go on, and when they were read.
  using Keep = std::function<void(std::string_view bytes, Millis time)>;

  explicit RedactedStream(std::shared_ptr<const Redactor> redactor) : redactor_(std::move(redactor)) {}

  /// Takes bytes that were read at `time`. What is held back goes on with the time at which it began.
  void add(std::string_view bytes, Millis time, const Keep& keep);

  /// What comes next does not go on with the line under way. `cut`: bytes of it are lost.
  void end_line(const Keep& keep, bool cut = false);

 private:
  void mask(Millis time, Behind behind, const Keep& keep);

  std::shared_ptr<const Redactor> redactor_;
  RedactState state_;
  std::string bytes_;     ///< held back, then those that come
  std::size_t held_ = 0;  ///< of them
  Millis began_ = 0;      ///< when the first of those was read
};

}  // namespace ssblog
