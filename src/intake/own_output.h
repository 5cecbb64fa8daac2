// SPDX-License-Identifier: MIT
// intake/own_output.h - whether a file is one that `ssblog assemble` writes: its lines would come in again, for ever.
//
// Used by the collector for each file that it meets. One thread.
#pragma once

#include "intake/file_system.h"

#include <string>

namespace ssblog {

/// An output, by whatever symlink, or one that was rotated: the state that `assemble` keeps lies beside it. Paths are told
/// without `root`, below which all of `files` is meant; empty: as they are.
bool is_own_output(FileSystem& files, const std::string& path, const std::string& root);

}  // namespace ssblog
