// SPDX-License-Identifier: MIT
// assemble/append/appended_files.h - merged feeds in files that only grow, and are rotated: one, or many of a directory.
//
// Used by `assemble --dir --append-only` and by `--rotate`. What was written never changes; late lines come at the end,
// with their own time. One writer a directory (a lock). Killed at any point, no line is lost or twice.
#pragma once

#include "assemble/append/rotation.h"
#include "assemble/format.h"
#include "assemble/selection.h"
#include "assemble/split/file_names.h"
#include "assemble/split/name_template.h"
#include "feed/result.h"
#include "store/store.h"

#include <string>

namespace ssblog {

struct AppendOptions {
  Selection selection;
  FormatOptions format;
  NameTemplate name;
  std::string file;  ///< all lines go to this one of the directory; empty: as `name` says
  std::string zone;  ///< of days; empty: UTC
  Rotation rotation;
  Millis now = 0;
  FileLimits limits{};
};

/// What was done.
struct Appended {
  std::uint64_t lines = 0;     ///< written
  std::uint64_t left_out = 0;  ///< those of a feed that has as many files as it may
};

/// Adds what is new to the files of a directory, which is made if it is not there.
/// @return Code::cannot_create when a file is there, but not ours, or when what was written cannot be gone on with;
///         Code::busy when another writes to the directory.
Result<Appended> append_to_files(Store& store, const std::string& directory, const AppendOptions& options);

}  // namespace ssblog
