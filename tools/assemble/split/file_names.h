// SPDX-License-Identifier: MIT
// assemble/split/file_names.h - the files of a directory that are ours, and how many a feed may have.
//
// Used by split_files and appended_files. Lies in the directory as `.ssblog-files`, a name a line, and behind a tab the feed
// whose line was the first in it. A feed chooses its jobs, and one that names a new one in each message must take neither
// the place of the others nor the disk's. One thread.
#pragma once

#include "feed/id.h"
#include "feed/result.h"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace ssblog {

struct FileLimits {
  std::size_t all = 100'000;
  std::size_t of_feed = 10'000;
};

class FileNames {
 public:
  /// `place` is what comes before the dash. What cannot be a name of ours is left out.
  static Result<FileNames> load(const std::string& place);

  bool contains(const std::string& name) const { return names_.contains(name); }
  bool empty() const { return names_.empty(); }
  /// Relative to the directory, with the short id of the feed, as far as it is known.
  const std::map<std::string, std::string>& all() const { return names_; }

  /// True: the name is ours, or is from now on. False: the feed, or all of them, have as many as they may.
  bool admit(const std::string& name, const FeedId& feed, const FileLimits& limits);
  /// Makes the new names durable, before their files are made.
  Result<void> save_new();

  Result<void> remove(const std::set<std::string>& names);
  Result<void> clear();

 private:
  explicit FileNames(std::string path) : path_(std::move(path)) {}
  void insert(const std::string& name, const std::string& feed);

  std::string path_;
  std::map<std::string, std::string> names_;
  std::unordered_map<std::string, std::size_t> of_feed_;
  std::string unsaved_;  ///< lines of the list
};

}  // namespace ssblog
