// SPDX-License-Identifier: MIT
#include "intake/redacted_stream.h"

#include <algorithm>

namespace ssblog {

void RedactedStream::add(std::string_view bytes, Millis time, const Keep& keep) {
  bytes_ += bytes;
  mask(time, Behind::more, keep);
}

void RedactedStream::end_line(const Keep& keep, bool cut) {
  mask(began_, cut ? Behind::cut : Behind::none, keep);
  // A key whose lines are lost in the middle goes on behind them.
  state_.in_secret = false;
  state_.before = '\n';
}

void RedactedStream::mask(Millis time, Behind behind, const Keep& keep) {
  const std::size_t done = redactor_->mask(bytes_, bytes_.size(), behind, state_);
  const std::string_view out = std::string_view(bytes_).substr(0, done);
  const std::size_t old = std::min(held_, done);
  if (old > 0) keep(out.substr(0, old), began_);
  if (done > old) keep(out.substr(old), time);
  if (done >= held_) began_ = time;
  bytes_.erase(0, done);
  held_ = bytes_.size();
}

}  // namespace ssblog
