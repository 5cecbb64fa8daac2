// SPDX-License-Identifier: MIT
// store/file_beside.h - a file that is written under another name, beside the place that it is for.
//
// Used by the files of store/files.h, and by backup, whose files SQLite writes.
#pragma once

#include "store/files.h"
#include "store/owned_folder.h"

#include <string>
#include <utility>

namespace ssblog {

/// A new file beside `path`, to be put in its place when it is whole, and its name.
Result<std::pair<File, std::string>> open_beside(const OwnedFolder& folder, const std::string& path,
                                                 mode_t mode);

/// That there is a directory for a file: said of the name that was given, not of the one that is made beside it.
Result<void> directory_exists(const std::string& path);

/// A file that another library writes by its name: empty, for this user alone, beside the place that it is for. It
/// goes unless it is put there.
class FileBeside {
 public:
  static Result<FileBeside> make(const std::string& place, OwnedBy owner = OwnedBy::maker);
  FileBeside(FileBeside&& other) noexcept;
  FileBeside& operator=(FileBeside&&) = delete;
  ~FileBeside();

  /// To be written to; to be closed before `settle`.
  const std::string& name() const { return name_; }
  /// Makes it durable and puts it in its place. Where a file is already: Code::cannot_create, unless `replace`.
  Result<void> settle(bool replace);

 private:
  FileBeside(OwnedFolder folder, File file, std::string place, std::string name)
      : folder_(std::move(folder)),
        file_(std::move(file)),
        place_(std::move(place)),
        name_(std::move(name)) {}
  OwnedFolder folder_;
  File file_;  ///< what was made, whatever has its name by now
  std::string place_;
  std::string name_;  ///< empty: it is in its place
};

}  // namespace ssblog
