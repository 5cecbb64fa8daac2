// SPDX-License-Identifier: MIT
// intake/folder_ear.h - hears what happens in folders.
//
// Used by FileIntake. To begin to watch a folder is a call to its file system, which may never come back: so it is made by
// the worker (`watch_folders`), with inotify itself, since libuv begins a watch on the loop alone. What is heard comes on
// the loop's thread. Source: inotify(7).
#pragma once

#include "intake/whereabouts.h"
#include "loop/watch.h"
#include "store/files.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// A folder that is to be watched, and what came of it.
struct WatchedFolder {
  std::string folder;
  Result<int> number;  ///< of the watch
};

/// Begins to watch folders through the descriptor of an ear. Stops early when the worker is given up.
std::vector<WatchedFolder> watch_folders(int ear, const std::vector<std::string>& folders,
                                         Whereabouts& whereabouts);

class FolderEar {
 public:
  /// Told of a name in a folder that was made, written to, renamed or removed. An empty name: something happened, nobody
  /// knows what. An empty folder: so much that the kernel left something out.
  using Heard = std::function<void(const std::string& folder, std::string_view name)>;

  static Result<std::unique_ptr<FolderEar>> make(Loop& loop, Heard heard);

  /// For `watch_folders`; whoever has it may use it after the ear is gone.
  std::shared_ptr<const File> descriptor() const { return descriptor_; }
  bool hears(const std::string& folder) const { return numbers_.contains(folder); }
  /// A worker watches this folder.
  void add(const std::string& folder, int number);
  /// Hears these folders and no others.
  void keep(const std::set<std::string>& folders);

 private:
  FolderEar(File descriptor, Heard heard)
      : descriptor_(std::make_shared<const File>(std::move(descriptor))), heard_(std::move(heard)) {}
  void read();

  std::shared_ptr<const File> descriptor_;
  Heard heard_;
  std::optional<ReadWatch> ready_;
  std::map<std::string, int> numbers_;
  std::map<int, std::set<std::string>> folders_;  ///< one folder may be reached by several paths
};

}  // namespace ssblog
