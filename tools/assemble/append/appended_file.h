// SPDX-License-Identifier: MIT
// assemble/append/appended_file.h - a file that only grows, and is put aside when it is large or old.
//
// Used by appended_files, which holds the lock of the directory, and adds lines in *passes*: all lines of the messages behind
// one state of the feeds, up to another. The file's own state says how far into the pass it is; so a pass that was killed is
// gone on with, and no line is lost or twice. No file stays open. One thread.
#pragma once

#include "assemble/append/rotation.h"
#include "assemble/format.h"
#include "assemble/merged_output.h"
#include "assemble/merged_state.h"
#include "assemble/news.h"
#include "assemble/sweep.h"

#include <memory>
#include <string>

namespace ssblog {

/// What all files of an output have in common.
struct AppendTerms {
  std::string store;   ///< id of the store, hex
  std::string wanted;  ///< all that the bytes depend on, beside the messages
  FormatOptions format;
  Rotation rotation;
  Millis now = 0;
  Millis day_begin = 0;  ///< of the day that is now
};

class AppendedFile {
 public:
  AppendedFile(std::string path, const AppendTerms& terms)
      : path_(std::move(path)), live_(live_path(path_, terms.rotation.style)), terms_(terms) {}

  /// Makes the file, or finds where the pass up to `tips` goes on in it. Code::cannot_create for a file that ssblog did not
  /// write.
  Result<void> open(const FeedTips& tips);

  /// Adds a line, unless it is there already.
  Result<void> write(Sweep& sweep, const SweptLine& line);
  Result<void> spill() { return writer_->spill(); }
  std::size_t waiting() const { return writer_->waiting(); }

  /// The pass is over: makes all of it durable, and then the state that tells of it.
  Result<void> finish();

 private:
  Result<void> append(std::string_view text);
  Result<void> settle(const LinePosition& next);
  Result<void> rotate(const LinePosition& next);
  bool is_due() const;

  std::string path_, live_;
  const AppendTerms& terms_;
  MergedState state_;
  LinePosition from_;  ///< lines of the pass before this are in the file, or in one that was put aside
  std::unique_ptr<LineWriter> writer_;
  std::uint64_t length_ = 0;
};

}  // namespace ssblog
