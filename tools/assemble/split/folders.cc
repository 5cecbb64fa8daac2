// SPDX-License-Identifier: MIT
#include "assemble/split/folders.h"

#include "assemble/merged_output.h"
#include "store/output_place.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ssblog {

Result<File> lock_output_directory(const std::string& directory) {
  if (auto place = output_place(directory); !place) return place.error();
  if (::mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST) return output_error(directory, errno);
  auto lock = lock_directory(directory);
  if (!lock && lock.error().code == Code::busy)
    return Error{Code::busy, fmt::format("another ssblog assemble is writing to {}", directory)};
  return lock;
}

Result<File> lock_output_by(const std::string& path) {
  auto lock = open_output(path);
  if (!lock && lock.error().code == Code::busy)
    return Error{Code::busy, fmt::format("another ssblog assemble has the lock {}", path)};
  return lock ? Result<File>(std::move(lock->file)) : lock.error();
}

Result<void> make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0777) == 0) return sync_directory(directory_of(folder));
  if (errno != EEXIST) return output_error(folder, errno);
  auto place = output_place(folder);
  return place ? Result<void>() : place.error();
}

Result<void> make_folders_of(const std::string& directory, const std::string& name) {
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    const std::string folder = directory + "/" + name.substr(0, slash);
    if (auto made = make_folder(folder); !made) return made;
  }
  return {};
}

void remove_empty_folders_of(const std::string& directory, const std::string& name) {
  for (std::size_t slash = name.rfind('/'); slash != std::string::npos && slash > 0;
       slash = name.rfind('/', slash - 1)) {
    if (::rmdir((directory + "/" + name.substr(0, slash)).c_str()) != 0) return;
  }
}

}  // namespace ssblog
