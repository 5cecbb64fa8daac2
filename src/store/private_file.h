// SPDX-License-Identifier: MIT
// store/private_file.h - makes the file of a database, for this user alone.
//
// Used by Store and SearchIndex, and for the copy that a repair keeps.
#pragma once

#include "feed/result.h"

#include <string>

namespace ssblog {

/// An empty file for this user alone, if there is none; SQLite gives its side files the same mode. False: something has that
/// name already, perhaps a symlink. It is not even opened: closing it would drop the locks of this process's other connections,
/// and other processes would then take the log of the store away from under them.
Result<bool> create_private(const std::string& path);

}  // namespace ssblog
