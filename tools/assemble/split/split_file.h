// SPDX-License-Identifier: MIT
// assemble/split/split_file.h - one file of a directory of merged files, while it is brought up to date.
//
// Used by split_files, which holds the lock of the directory. There may be thousands of them at a time: none keeps its file
// open, and what waits to be written is handed on when the owner says so (`spill`). One thread.
#pragma once

#include "assemble/format.h"
#include "assemble/merged_state.h"
#include "assemble/sweep.h"

#include <memory>
#include <string>

namespace ssblog {

class SplitFile {
 public:
  /// `wanted` is a text of all that the bytes depend on, beside the messages.
  SplitFile(std::string directory, std::string name, std::string store, std::string wanted)
      : directory_(std::move(directory)),
        name_(std::move(name)),
        path_(directory_ + "/" + name_),
        store_(std::move(store)),
        wanted_(std::move(wanted)) {}

  /// Makes the file, or finds how much of it is right and cuts off the rest. No line before `changed` is new or another
  /// one. Code::cannot_create for a file that ssblog did not write.
  Result<void> open(const FormatOptions& format, const LinePosition& changed);

  /// Lines before this are in the file.
  const LinePosition& from() const { return from_; }
  /// True: it was not as it was left, and is made anew.
  bool is_anew() const { return anew_; }

  Result<void> write(Sweep& sweep, const SweptLine& line);
  /// Hands on what waits.
  Result<void> spill() { return writer_->spill(); }
  std::size_t waiting() const { return writer_->waiting(); }

  /// Of what was handed on: to be asked when it is finished.
  bool is_empty() const { return length_ == 0; }

  /// Makes all of it durable, and then the state that tells of it.
  Result<void> finish();

 private:
  Result<void> append(std::string_view text);

  std::string directory_, name_, path_, store_, wanted_;
  MergedState state_;
  LinePosition from_;
  bool anew_ = false;
  bool batched_ = false;
  std::unique_ptr<LineWriter> writer_;
  std::uint64_t begin_ = 0;   ///< where the writer began
  std::uint64_t length_ = 0;  ///< of the file
  std::uint64_t checkpoint_due_ = 0;
  Checkpoint batch_;
};

}  // namespace ssblog
