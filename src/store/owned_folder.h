// SPDX-License-Identifier: MIT
// store/owned_folder.h - the directory that a file of the home is made in, and whose that file becomes.
//
// Used by what makes files and folders of a home. Root may work in the home of another user, mostly a service's: what it made
// there is handed over. That user may put links and other folders in the place of what is there, at any moment. So root holds
// the directory open, makes its files by that descriptor, and hands over descriptors, never names: only what it made itself,
// or what is empty and so gives nothing away. Everybody else, and root in what is its own, goes by the path.
#pragma once

#include "store/files.h"

#include <string>

namespace ssblog {

class OwnedFolder {
 public:
  /// One where everything is the maker's.
  OwnedFolder() = default;
  /// The directory that a file stands in. One that is not there yet is nobody's.
  static Result<OwnedFolder> of(const std::string& path);
  /// The same for a directory that is open: `path` is of a file in it.
  static Result<OwnedFolder> opened(const File& directory, const std::string& path);

  /// True: root works here, and the directory is another user's.
  bool is_anothers() const { return static_cast<bool>(directory_); }

  // As the calls of the system, with errno. Paths are whole, and of files that stand right in this directory.
  int open(const std::string& path, int flags, mode_t mode = 0) const;
  int link(const std::string& from, const std::string& to) const;
  int rename(const std::string& from, const std::string& to) const;
  int unlink(const std::string& path) const;

  /// Gives a file that this call made to the owner of the directory. Where the system lets nobody do that (no CAP_CHOWN, a
  /// share), it stays as it is.
  Result<void> hand_over(const File& made, const std::string& path) const;
  /// The same for a file or folder that somebody made before, if it is root's, empty, and has no other name: a call was killed
  /// before it could hand it over.
  Result<void> hand_over_left(const File& there, const std::string& path) const;
  /// The same by its name. It is not opened in a way that would drop a lock of this process at its closing.
  Result<void> hand_over_left(const std::string& path) const;

 private:
  File directory_;  ///< none: by the path
};

}  // namespace ssblog
