// SPDX-License-Identifier: MIT
#include "store/owned_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>

namespace ssblog {
namespace {

/// The part behind the last slash: what is looked for in an open directory.
const char* name_in(const std::string& path) {
  const auto slash = path.rfind('/');
  return path.c_str() + (slash == std::string::npos ? 0 : slash + 1);
}

/// False, too, for one that cannot be read.
bool is_empty_directory(const File& directory) {
  const int again = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const list = again < 0 ? nullptr : ::fdopendir(again);
  if (list == nullptr) {
    if (again >= 0) ::close(again);
    return false;
  }
  bool empty = true;
  errno = 0;
  while (const dirent* const entry = ::readdir(list)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") empty = false;
  }
  empty = empty && errno == 0;
  ::closedir(list);
  return empty;
}

/// Nothing is given away with it but the name that it has here.
bool is_left_empty(const File& there, const struct stat& status, const struct stat& folder) {
  if (S_ISREG(status.st_mode)) return status.st_size == 0 && status.st_nlink == 1;
  // A folder of another device is where somebody mounted something.
  return S_ISDIR(status.st_mode) && status.st_dev == folder.st_dev && is_empty_directory(there);
}

/// To be called behind a call that changes an owner.
Result<void> changed_owner(int result, const std::string& path) {
  // A share may refuse it to root, and a namespace may not know the user.
  if (result == 0 || errno == EPERM || errno == EINVAL || errno == ENOTSUP) return {};
  return file_error("hand over", path, errno);
}

}  // namespace

Result<OwnedFolder> OwnedFolder::of(const std::string& path) {
  if (::geteuid() != 0) return OwnedFolder();
  const std::string name = directory_of(path);
  const File directory(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory && errno == ENOENT) return OwnedFolder();
  if (!directory) return file_error("open", name, errno);
  return opened(directory, path);
}

Result<OwnedFolder> OwnedFolder::opened(const File& directory, const std::string& path) {
  OwnedFolder folder;
  if (::geteuid() != 0) return folder;
  struct stat status {};
  if (::fstat(directory.get(), &status) != 0) return file_error("look at", directory_of(path), errno);
  if (status.st_uid == 0) return folder;
  folder.directory_ = File(::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0));
  if (!folder.directory_) return file_error("open", directory_of(path), errno);
  return folder;
}

int OwnedFolder::open(const std::string& path, int flags, mode_t mode) const {
  return directory_ ? ::openat(directory_.get(), name_in(path), flags, mode)
                    : ::open(path.c_str(), flags, mode);
}

int OwnedFolder::link(const std::string& from, const std::string& to) const {
  return directory_ ? ::linkat(directory_.get(), name_in(from), directory_.get(), name_in(to), 0)
                    : ::link(from.c_str(), to.c_str());
}

int OwnedFolder::rename(const std::string& from, const std::string& to) const {
  return directory_ ? ::renameat(directory_.get(), name_in(from), directory_.get(), name_in(to))
                    : ::rename(from.c_str(), to.c_str());
}

int OwnedFolder::unlink(const std::string& path) const {
  return directory_ ? ::unlinkat(directory_.get(), name_in(path), 0) : ::unlink(path.c_str());
}

Result<void> OwnedFolder::hand_over(const File& made, const std::string& path) const {
  if (!directory_) return {};
  struct stat owner {
  }, status{};
  if (::fstat(directory_.get(), &owner) != 0) return file_error("look at", directory_of(path), errno);
  if (::fstat(made.get(), &status) != 0) return file_error("look at", path, errno);
  if (status.st_uid != 0) return {};
  return changed_owner(::fchown(made.get(), owner.st_uid, owner.st_gid), path);
}

Result<void> OwnedFolder::hand_over_left(const File& there, const std::string& path) const {
  if (!directory_) return {};
  struct stat owner {
  }, status{};
  if (::fstat(directory_.get(), &owner) != 0) return file_error("look at", directory_of(path), errno);
  if (::fstat(there.get(), &status) != 0) return file_error("look at", path, errno);
  if (status.st_uid != 0 || !is_left_empty(there, status, owner)) return {};
  return changed_owner(::fchown(there.get(), owner.st_uid, owner.st_gid), path);
}

Result<void> OwnedFolder::hand_over_left(const std::string& path) const {
#if defined(O_PATH) && defined(AT_EMPTY_PATH)
  if (!directory_) return {};
  const File there(this->open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat owner {
  }, status{};
  if (!there) return file_error("open", path, errno);
  if (::fstat(directory_.get(), &owner) != 0) return file_error("look at", directory_of(path), errno);
  if (::fstat(there.get(), &status) != 0) return file_error("look at", path, errno);
  if (status.st_uid != 0 || !S_ISREG(status.st_mode) || !is_left_empty(there, status, owner)) return {};
  return changed_owner(::fchownat(there.get(), "", owner.st_uid, owner.st_gid, AT_EMPTY_PATH), path);
#else
  static_cast<void>(path);
  return {};
#endif
}

}  // namespace ssblog
