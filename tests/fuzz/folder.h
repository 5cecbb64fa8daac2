// SPDX-License-Identifier: MIT
// fuzz/folder.h - a folder for the files of a target, which goes with the process.
//
// Used by the targets that cannot do without a file system.
#pragma once

#include "fuzz/input.h"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace ssblog::fuzz {

/// A folder that goes with the process.
class Folder {
 public:
  Folder() {
    // tools/fuzz.sh names a folder that it empties: who aborts leaves this one behind.
    const char* const above = std::getenv("TMPDIR");
    std::string name = std::string(above != nullptr ? above : "/tmp") + "/ssblog-fuzz-XXXXXX";
    must(mkdtemp(name.data()) != nullptr, "there is room for a folder");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;  // the process ends, and nothing more can be done
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace ssblog::fuzz
