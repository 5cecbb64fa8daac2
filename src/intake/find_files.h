// SPDX-License-Identifier: MIT
// intake/find_files.h - walks the file system for the files that patterns name.
//
// Used by `source list` and by whoever tails files. It looks only into folders below which something can match.
// Folders that are symlinks are followed where a pattern names them without a sign of a pattern, nowhere else, so there
// are no loops. A symlink to a file is followed if its owner is root, this user, or the owner of the file: otherwise
// whoever may write into a folder of logs could have any file read. One call is one walk on the caller's thread.
#pragma once

#include "intake/path_pattern.h"

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

namespace ssblog {

struct FoundFile {
  std::string path;    ///< as the patterns see it: without the root of the walk
  struct stat status;  ///< of the regular file; behind a symlink, of what it leads to
};

/// Whom the walk tells; what is empty is not told.
struct FindCalls {
  /// Each file once, folder by folder, by name.
  std::function<void(const FoundFile& file)> found;
  /// A folder that cannot be read, a path that is not there (Code::no_input), or is no file. The walk goes on.
  std::function<void(const std::string& path, const Error& why)> trouble;
  /// Each folder in which something could come to match, to be watched; for one that is not there, the nearest above
  /// that is.
  std::function<void(const std::string& path)> folder;
  /// Before the file system is asked about something at a path, which may take long. False: the walk ends.
  std::function<bool(const std::string& path)> at{};
};

/// The patterns of texts, in order. Those of `relative` need no slash at their beginning.
Result<std::vector<PathPattern>> parse_patterns(const std::vector<std::string>& texts, bool relative = false);

/// Finds what one of `patterns` matches and none of `exclude`. A folder that one of `exclude` matches is not looked
/// into. With `root` (empty, or a folder without a slash at its end) all paths are meant below it: "/mnt/backup".
/// Code::config when there are more than `most_entries` entries to look at.
Result<void> find_files(const std::vector<PathPattern>& patterns, const std::vector<PathPattern>& exclude,
                        const std::string& root, const FindCalls& calls,
                        std::size_t most_entries = 2'000'000);

}  // namespace ssblog
