// SPDX-License-Identifier: MIT
#include "store/private_file.h"

#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ssblog {

Result<void> create_private(const std::string& path) {
  const File file(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!file && errno == EEXIST) return {};
  if (!file)
    return Error{Code::cannot_create,
                 fmt::format("cannot make the store {}: {}", path, std::strerror(errno))};
  return hand_to_owner(file, path);
}

}  // namespace ssblog
