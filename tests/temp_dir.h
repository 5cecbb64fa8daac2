// SPDX-License-Identifier: MIT
// temp_dir.h - a directory for the files of a test.
//
// Used by tests of the store, and of what reads it or lies beside it.
#pragma once

#include <doctest/doctest.h>

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace ssblog {

/// A directory that goes with the test.
class TempDir {
 public:
  explicit TempDir(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string name = (parent / "ssblog-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// In memory, where the system has such a place: what is made durable there spares the disk.
class FastDir : public TempDir {
 public:
  FastDir()
      : TempDir(std::filesystem::is_directory("/dev/shm") ? "/dev/shm"
                                                          : std::filesystem::temp_directory_path()) {}
};

}  // namespace ssblog
