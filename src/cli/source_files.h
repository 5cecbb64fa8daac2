// SPDX-License-Identifier: MIT
// cli/source_files.h - the files that a source matches now, and how far they were read.
//
// Used by `source list` and `doctor`. Nothing is changed.
#pragma once

#include "intake/position.h"
#include "intake/source.h"
#include "store/home.h"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace ssblog {

/// What a source matches now.
struct MatchedFiles {
  std::size_t files = 0;
  std::int64_t bytes = 0;
  std::int64_t unread = 0;            ///< bytes of those that were met; of a packed one nobody knows
  std::size_t unmet = 0;              ///< files that nothing was read of
  std::vector<std::string> troubles;  ///< a sentence each
  std::size_t more_troubles = 0;      ///< that are not among them
};

/// How far files were read, by the file.
using ReadSoFar = std::unordered_map<FileId, Position>;

/// What the store of a home says; nothing where there is none that we may read.
ReadSoFar read_so_far(const Home& home);

/// Walks the file system. Code::config for patterns that are none, or match too much to look at.
Result<MatchedFiles> match_files(const Source& source, const ReadSoFar& read);

}  // namespace ssblog
