// SPDX-License-Identifier: MIT
// store/socket_place.h - the place in the file system where a socket is to be.
//
// Used by the daemon's door and by the view. Any thread.
#pragma once

#include "feed/result.h"

#include <sys/types.h>

#include <optional>
#include <string>

namespace ssblog {

/// Removes the socket that a killed program left behind. What is no socket was left by none: it is somebody's, and stays
/// (Code::cannot_create).
Result<void> remove_left_socket(const std::string& path);

/// The same, unless a program listens there (Code::unavailable). Code::config: the name is too long for a socket.
Result<void> clear_socket_place(const std::string& path);

/// Says who may use the socket there: `mode` as of a file, `group` if it is to be another one. Make it for its user alone before.
Result<void> open_socket_place(const std::string& path, mode_t mode, std::optional<gid_t> group);

}  // namespace ssblog
