// SPDX-License-Identifier: MIT
// assemble/merged_file.h - a file of merged feeds that always equals a rebuild.
//
// Used by `assemble -o`. The file is a cache of the store: what sorts behind its end is appended; when lines
// come late, it is cut back to the last checkpoint before them and written on. With `append_only` nothing that
// was written changes; late lines come at the end. One writer a file (a lock), killed at any point it goes on
// where the state says. Source: design.md, section 6.
#pragma once

#include "assemble/format.h"
#include "assemble/selection.h"
#include "feed/result.h"
#include "store/store.h"

#include <string>

namespace ssblog {

struct MergeOptions {
  Selection selection;
  FormatOptions format;
  bool append_only = false;
  bool rebuild = false;  ///< from the beginning, whatever is there
};

/// What was done.
struct Merged {
  std::uint64_t lines = 0;      ///< written
  std::uint64_t bytes = 0;      ///< length of the file now
  bool cut_back = false;        ///< late lines made it necessary
  std::string rebuilt_because;  ///< the file was made anew: why; empty: it was not
};

/// Brings a file up to date.
/// @return Code::cannot_create when the file is there, but not ours; Code::busy when another writes it.
Result<Merged> update_merged_file(Store& store, const std::string& path, const MergeOptions& options);

}  // namespace ssblog
