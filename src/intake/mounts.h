// SPDX-License-Identifier: MIT
// intake/mounts.h - which file system a path lies on, without asking that file system.
//
// Used by FileIntake for a path that does not answer. The kernel's list of mounts is in memory. Pure but for `read_mounts`.
#pragma once

#include "feed/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct Mount {
  std::string point;  ///< absolute
  std::string type;   ///< "ext4", "nfs4", "fuse.sshfs"
  std::string line;   ///< all that the kernel says of it: another mount at the same point has another line
  /// A server or a program answers for it, and may be away.
  bool is_remote() const;
};

/// Of /proc/self/mountinfo, in its order; lines of another form are left out. Source: proc(5).
std::vector<Mount> parse_mounts(std::string_view text);
Result<std::vector<Mount>> read_mounts();

/// The one that a path lies on, symlinks on its way left alone: of those at one point the last. Null: none.
const Mount* mount_of(const std::vector<Mount>& mounts, std::string_view path);

}  // namespace ssblog
