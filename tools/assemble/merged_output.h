// SPDX-License-Identifier: MIT
// assemble/merged_output.h - the file of an output that is kept up to date: opened, looked at, known again.
//
// Used by merged_file and by the files of a split output.
#pragma once

#include "feed/result.h"
#include "store/files.h"

#include <cstdint>
#include <string>

namespace ssblog {

struct OpenOutput {
  File file;
  std::uint64_t length = 0;
  std::string stamp;  ///< by which it is known that nobody wrote to it
};

/// Opens or makes the file, and locks it. Code::cannot_create for what is no regular file, Code::busy when another writes it.
Result<OpenOutput> open_output(const std::string& path);

/// The hash of the last bytes before `end`, by which a changed file is noticed.
Result<std::string> tail_hash(const File& file, const std::string& path, std::uint64_t end);

/// Cuts the file.
Result<void> cut_file(const File& file, const std::string& path, std::uint64_t length);

/// Makes its bytes durable. @return its stamp.
Result<std::string> settle_file(const File& file, const std::string& path);

}  // namespace ssblog
