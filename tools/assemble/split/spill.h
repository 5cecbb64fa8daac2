// SPDX-License-Identifier: MIT
// assemble/split/spill.h - text that many files hold back is handed on in time.
//
// Used by split_files and appended_files, whose files are pointers by name. One thread.
#pragma once

#include "feed/result.h"

#include <cstddef>

namespace ssblog {

/// Before many files are made durable one by one, so that whoever follows them does not wait for the disk of others.
template <class Files>
Result<void> spill_all(Files& files) {
  for (auto& [name, file] : files) {
    if (auto spilled = file->spill(); !spilled) return spilled;
  }
  return {};
}

/// Sees that the files together hold no more than is good for the memory.
class SpillWatch {
 public:
  /// To be told of each line, with its bytes.
  template <class Files>
  Result<void> written(std::size_t bytes, Files& files) {
    constexpr std::size_t of_a_line = 100;  // beside its bytes
    since_look_ += bytes + of_a_line;
    if (since_look_ < most_waiting / 16) return {};
    since_look_ = 0;
    std::size_t waiting = 0;
    for (const auto& [name, file] : files) waiting += file->waiting();
    return waiting < most_waiting ? Result<void>() : spill_all(files);
  }

 private:
  static constexpr std::size_t most_waiting = 64 * 1024 * 1024;  // bytes, of all files
  std::size_t since_look_ = 0;
};

}  // namespace ssblog
