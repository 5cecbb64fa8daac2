// SPDX-License-Identifier: MIT
// assemble/split/folders.h - the directory of many outputs, and the folders in it.
//
// Used by split_files and appended_files.
#pragma once

#include "store/files.h"

#include <string>

namespace ssblog {

/// Makes the directory if it is not there. The lock lasts as long as the File. Code::busy when another writes there.
Result<File> lock_output_directory(const std::string& directory);

/// The same for one output in a directory of others, by a file beside it.
Result<File> lock_output_by(const std::string& path);

/// Makes a folder if it is not there, durably. It may be no symlink that somebody else planted.
Result<void> make_folder(const std::string& folder);

/// Makes the folders between the directory and the file of that name in it.
Result<void> make_folders_of(const std::string& directory, const std::string& name);

/// Removes those that nothing lies in any more. What cannot be removed stays.
void remove_empty_folders_of(const std::string& directory, const std::string& name);

}  // namespace ssblog
