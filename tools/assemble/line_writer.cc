// SPDX-License-Identifier: MIT
#include "assemble/line_writer.h"

namespace ssblog {
namespace {

constexpr std::size_t buffer_size = 256 * 1024;

}  // namespace

Result<void> LineWriter::flush() {
  end_batch();
  return spill();
}

Result<void> LineWriter::hand_on_if_full() {
  if (buffer_.size() < buffer_size) return {};
  return spill();
}

Result<void> LineWriter::spill() {
  if (buffer_.empty()) return {};
  auto taken = sink_(buffer_);
  flushed_ += buffer_.size();
  buffer_.clear();
  return taken;
}

}  // namespace ssblog
