// SPDX-License-Identifier: MIT
// store/disk_room.h - how much room there is for a store, and what its files take.
//
// Used by status, by the doctor and by the view. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ssblog {

inline constexpr std::int64_t low_disk = 100'000'000;  ///< bytes: below it, one should know

struct DiskRoom {
  std::int64_t free = 0;  ///< bytes, for this user
  bool read_only = false;
};

/// Of the disk that a directory lies on; nothing when the system does not say.
std::optional<DiskRoom> disk_room(const std::string& directory);

/// In bytes; 0 for a file that is not there.
std::int64_t size_of_file(const std::string& path);

}  // namespace ssblog
