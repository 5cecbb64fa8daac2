// SPDX-License-Identifier: MIT
#include "store/disk_room.h"

#include <sys/statvfs.h>

#include <filesystem>

namespace ssblog {

std::optional<DiskRoom> disk_room(const std::string& directory) {
  struct statvfs disk {};
  if (::statvfs(directory.c_str(), &disk) != 0) return std::nullopt;
  return DiskRoom{static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize),
                  (disk.f_flag & ST_RDONLY) != 0};
}

std::int64_t size_of_file(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

}  // namespace ssblog
