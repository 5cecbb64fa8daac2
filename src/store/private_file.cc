// SPDX-License-Identifier: MIT
#include "store/private_file.h"

#include "store/owned_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ssblog {

Result<bool> create_private(const std::string& path) {
  auto folder = OwnedFolder::of(path);
  if (!folder) return folder.error();
  const File file(folder->open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!file && errno == EEXIST) {
    if (auto handed = folder->hand_over_left(path); !handed) return handed.error();
    return false;
  }
  if (!file)
    return Error{Code::cannot_create,
                 fmt::format("cannot make the store {}: {}", path, std::strerror(errno))};
  if (auto handed = folder->hand_over(file, path); !handed) return handed.error();
  return true;
}

}  // namespace ssblog
