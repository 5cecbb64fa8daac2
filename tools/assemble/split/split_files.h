// SPDX-License-Identifier: MIT
// assemble/split/split_files.h - merged feeds in many files of a directory: by host, by job, by day.
//
// Used by `assemble --dir`. Each file always equals a rebuild of it, as merged_file's does; but which files a feed has
// that names more than it may (file_names.h) depends on what came when. One sweep over the lines that
// may have changed finds the files that did, a second one writes those; so thousands of files cost no more than
// their lines. One writer a directory (a lock). Killed at any point, the next run goes on.
#pragma once

#include "assemble/format.h"
#include "assemble/selection.h"
#include "assemble/split/file_names.h"
#include "assemble/split/name_template.h"
#include "feed/result.h"
#include "store/store.h"

#include <string>

namespace ssblog {

struct SplitOptions {
  Selection selection;
  FormatOptions format;
  NameTemplate name;
  std::string zone;      ///< of days; empty: UTC
  bool rebuild = false;  ///< all files from the beginning
  FileLimits limits{};
};

/// What was done.
struct Split {
  std::uint64_t lines = 0;      ///< written
  std::uint64_t files = 0;      ///< written to
  std::uint64_t left_out = 0;   ///< lines of a feed that has as many files as it may
  std::string rebuilt_because;  ///< all was made anew: why; empty: it was not
};

/// Brings the files of a directory up to date; the directory is made if it is not there.
/// @return Code::cannot_create when a file is there, but not ours; Code::busy when another writes to the directory.
Result<Split> update_split_files(Store& store, const std::string& directory, const SplitOptions& options);

}  // namespace ssblog
