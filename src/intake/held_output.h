// SPDX-License-Identifier: MIT
// intake/held_output.h - the output of a command, kept in a file without a name until it is known what to do with it.
//
// Used by run --quiet-ok. Pieces come back in the order in which they were added. What is held goes with the process.
#pragma once

#include "feed/record.h"
#include "store/files.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ssblog {

class HeldOutput {
 public:
  /// In TMPDIR, else in /tmp.
  static Result<HeldOutput> open();

  /// Code::io when it cannot be kept; what was added before stays good.
  Result<void> add(std::size_t stream, std::string_view bytes, Millis time);

  /// Gives all pieces back.
  using Give = std::function<void(std::size_t stream, std::string_view bytes, Millis time)>;
  Result<void> give_back(const Give& give) const;

 private:
  explicit HeldOutput(File file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  File file_;
  std::string path_;       ///< that it had
  std::uint64_t end_ = 0;  ///< behind the last whole piece
};

}  // namespace ssblog
