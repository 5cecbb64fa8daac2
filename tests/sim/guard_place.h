// SPDX-License-Identifier: MIT
// sim/guard_place.h - a directory for the guards of a world, which goes with it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace ssblog::sim {

class GuardPlace {
 public:
  GuardPlace() {
    std::string name = (std::filesystem::temp_directory_path() / "ssblog-sim-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory for the guards");
    path_ = name;
  }
  GuardPlace(const GuardPlace&) = delete;
  GuardPlace& operator=(const GuardPlace&) = delete;
  ~GuardPlace() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace ssblog::sim
