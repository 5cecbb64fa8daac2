// SPDX-License-Identifier: MIT
#include "store/credentials.h"

#include <unistd.h>

#include <cstdlib>

namespace ssblog {

std::optional<std::string> credential_path(std::string_view name) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || *directory != '/') return std::nullopt;
  std::string path = directory;
  path += '/';
  path += name;
  if (::access(path.c_str(), F_OK) != 0) return std::nullopt;
  return path;
}

}  // namespace ssblog
