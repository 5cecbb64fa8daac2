// SPDX-License-Identifier: MIT
#include "store/file_beside.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ssblog {
namespace {

constexpr int unique_name_tries = 100;

}  // namespace

Result<std::pair<File, std::string>> open_beside(const OwnedFolder& folder, const std::string& path,
                                                 mode_t mode) {
  for (int attempt = 0; attempt < unique_name_tries; ++attempt) {
    std::string name = fmt::format("{}.new-{}-{}", path, ::getpid(), attempt);
    const int file = folder.open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (file >= 0) return std::pair(File(file), std::move(name));
    if (errno != EEXIST) return file_error("create", name, errno);
  }
  return Error{Code::cannot_create,
               fmt::format("cannot create {}: remove the left-over files {}.new-*", path, path)};
}

Result<void> directory_exists(const std::string& path) {
  struct stat status {};
  if (::stat(directory_of(path).c_str(), &status) != 0) return output_error(path, errno);
  return {};
}

Result<FileBeside> FileBeside::make(const std::string& place, OwnedBy owner) {
  if (auto there = directory_exists(place); !there) return there.error();
  auto folder = owner == OwnedBy::directory ? OwnedFolder::of(place) : OwnedFolder();
  if (!folder) return folder.error();
  auto made = open_beside(*folder, place, S_IRUSR | S_IWUSR);
  if (!made) return made.error();
  return FileBeside(std::move(*folder), std::move(made->first), place, std::move(made->second));
}

FileBeside::FileBeside(FileBeside&& other) noexcept
    : folder_(std::move(other.folder_)),
      file_(std::move(other.file_)),
      place_(std::move(other.place_)),
      name_(std::exchange(other.name_, std::string())) {}

FileBeside::~FileBeside() {
  if (name_.empty()) return;
  folder_.unlink(name_);
  folder_.unlink(name_ + "-journal");  // of SQLite, when it could not tidy up
}

Result<void> FileBeside::settle(bool replace) {
  if (::fsync(file_.get()) != 0) return file_error("write", name_, errno);
  struct stat status {};
  const bool there = ::lstat(place_.c_str(), &status) == 0;
  // A rename would put a file in the place of a device.
  if (there && !S_ISREG(status.st_mode))
    return Error{Code::cannot_create, fmt::format("{} is no regular file", place_)};
  if (auto handed = folder_.hand_over(file_, name_); !handed) return handed;
  // A link fails where a rename would overwrite.
  if ((replace ? folder_.rename(name_, place_) : folder_.link(name_, place_)) != 0)
    return file_error(replace ? "replace" : "create", place_, errno);
  if (!replace) folder_.unlink(name_);
  name_.clear();
  return sync_directory(directory_of(place_));
}

}  // namespace ssblog
