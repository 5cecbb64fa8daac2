// SPDX-License-Identifier: MIT
#include "intake/own_output.h"

#include "intake/rotation.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

/// The state that `assemble` keeps beside an output `NAME`: `.NAME.ssblog` (state_path in assemble/merged_state.h).
std::string output_state_of(const std::string& path) {
  return fmt::format("{}/.{}.ssblog", folder_of(path), name_of(path));
}

}  // namespace

bool is_own_output(FileSystem& files, const std::string& path, const std::string& root) {
  const std::string real = files.canonical(path);
  const std::string place = real.starts_with(root) ? real.substr(root.size()) : path;
  for (const std::string& name : {path, place}) {
    if (files.facts(output_state_of(name))) return true;
    for (const std::string& before : names_before(name_of(name))) {
      if (files.facts(output_state_of(folder_of(name) + "/" + before))) return true;
    }
  }
  return false;
}

}  // namespace ssblog
