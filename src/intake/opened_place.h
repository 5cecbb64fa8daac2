// SPDX-License-Identifier: MIT
// intake/opened_place.h - what lies at a path, opened once however many known files it is held against.
//
// Used by the collector, for one question. One thread.
#pragma once

#include "intake/file_bytes.h"

#include <optional>
#include <string>
#include <utility>

namespace ssblog {

class OpenedPlace {
 public:
  /// Opens nothing yet; `files` must outlive it. A symlink is not followed.
  OpenedPlace(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  /// Null where it cannot be opened. With `raw`, the bytes of a packed file are those that lie there.
  FileBytes* bytes(bool raw);

 private:
  FileSystem& files_;
  std::string path_;
  bool tried_ = false;
  std::optional<FileBytes> bytes_, as_it_lies_;
};

}  // namespace ssblog
