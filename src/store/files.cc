// SPDX-License-Identifier: MIT
#include "store/files.h"

#include "store/file_beside.h"
#include "store/output_place.h"
#include "store/owned_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace ssblog {
namespace {

Result<void> write_durably(const File& file, const std::string& path, std::string_view text, mode_t mode) {
  if (::fchmod(file.get(), mode) != 0) return file_error("set the mode of", path, errno);
  if (auto written = write_all(file, path, text); !written) return written;
  if (::fsync(file.get()) != 0) return file_error("write", path, errno);
  return {};
}

Result<OwnedFolder> folder_for(const std::string& path, OwnedBy owner) {
  return owner == OwnedBy::directory ? OwnedFolder::of(path) : OwnedFolder();
}

Result<void> replace_in(const OwnedFolder& folder, const std::string& path, std::string_view text,
                        mode_t mode) {
  auto made = open_beside(folder, path, mode);
  if (!made) return made.error();
  const auto& [file, name] = *made;
  auto written = write_durably(file, name, text, mode);
  // Before it has its name: who reads it never meets one that is root's.
  if (written) written = folder.hand_over(file, name);
  if (written && folder.rename(name, path) != 0) written = file_error("replace", path, errno);
  if (!written) {
    folder.unlink(name);
    return written;
  }
  return sync_directory(directory_of(path));
}

}  // namespace

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Error file_error(std::string_view doing, const std::string& path, int error_number) {
  Code code = Code::io;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      code = Code::no_input;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = Code::permission;
      break;
    case EISDIR:
      code = doing.starts_with("read") ? Code::no_input : Code::cannot_create;
      break;
    case EEXIST:
    case ELOOP:
    case ENAMETOOLONG:
      code = Code::cannot_create;
      break;
    default:
      break;
  }
  return {code, fmt::format("cannot {} {}: {}", doing, path, std::strerror(error_number))};
}

Error output_error(const std::string& path, int error_number) {
  Error error = file_error("write", path, error_number);
  if (error.code == Code::no_input) error.code = Code::cannot_create;
  if (error_number == EISDIR)
    error.text = fmt::format(
        "cannot write {}: a directory of that name is there; move it away, or choose another name", path);
  return error;
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO must not hang us
  if (!file) return file_error("read", path, errno);
  std::string text;
  char block[4096];
  for (;;) {
    const ssize_t got = ::read(file.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error("read", path, errno);
    if (got == 0) return text;
    text.append(block, static_cast<std::size_t>(got));
    if (text.size() > limit) return Error{Code::data, fmt::format("{} is longer than {} bytes", path, limit)};
  }
}

Result<std::string> read_beginning(const std::string& path, std::size_t limit) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return file_error("read", path, errno);
  ByteBuf bytes(limit);
  auto size = read_at(file, path, bytes, 0);
  if (!size) return size.error();
  return std::string(as_text(ByteView(bytes).first(*size)));
}

Result<void> write_all(const File& file, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return file_error("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<std::size_t> read_at(const File& file, const std::string& path, std::span<std::uint8_t> room,
                            off_t place) {
  std::size_t size = 0;
  while (size < room.size()) {
    const ssize_t got =
        ::pread(file.get(), room.data() + size, room.size() - size, place + static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error("read", path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

Result<void> write_at(const File& file, const std::string& path, ByteView bytes, off_t place) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(file.get(), bytes.data(), bytes.size(), place);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return file_error("write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    place += put;
  }
  return {};
}

Result<void> create_file(const std::string& path, std::string_view text, mode_t mode, OwnedBy owner) {
  auto folder = folder_for(path, owner);
  if (!folder) return folder.error();
  auto made = open_beside(*folder, path, mode);
  if (!made) return made.error();
  const auto& [file, name] = *made;
  auto written = write_durably(file, name, text, mode);
  // Before it has its name: a kill leaves none behind that is root's.
  if (written) written = folder->hand_over(file, name);
  // A link fails where a rename would overwrite.
  if (written && folder->link(name, path) != 0) written = file_error("create", path, errno);
  folder->unlink(name);
  if (!written) return written;
  return sync_directory(directory_of(path));
}

Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode, OwnedBy owner) {
  auto folder = folder_for(path, owner);
  if (!folder) return folder.error();
  return replace_in(*folder, path, text, mode);
}

Result<void> replace_file(const File& directory, const std::string& path, std::string_view text,
                          mode_t mode) {
  auto folder = OwnedFolder::opened(directory, path);
  if (!folder) return folder.error();
  return replace_in(*folder, path, text, mode);
}

Result<OutputFile> OutputFile::open(const std::string& path, mode_t mode) {
  // A link stays a link: the file that it names is replaced.
  const auto place = output_place(path);
  if (!place) return place.error();
  const std::string& name = *place;
  struct stat status {};
  if (::stat(name.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    // A pipe without a reader must not hang us.
    File file(::open(name.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | output_flags(name)));
    if (!file) return output_error(path, errno);
    if (::fcntl(file.get(), F_SETFL, 0) != 0) return output_error(path, errno);
    return OutputFile(std::move(file), path, "");
  }
  if (auto there = directory_exists(name); !there) return there.error();
  auto made = open_beside(OwnedFolder(), name, mode);
  if (!made) return made.error();
  return OutputFile(std::move(made->first), name, std::move(made->second));
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : file_(std::move(other.file_)),
      path_(std::move(other.path_)),
      beside_(std::exchange(other.beside_, std::string())) {}

OutputFile::~OutputFile() {
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

Result<void> OutputFile::commit() {
  if (beside_.empty()) return {};
  if (::fsync(file_.get()) != 0) return file_error("write", path_, errno);
  if (::rename(beside_.c_str(), path_.c_str()) != 0) return file_error("replace", path_, errno);
  beside_.clear();
  return sync_directory(directory_of(path_));
}

Result<void> make_directories(const std::string& path) {
  const std::filesystem::path whole(path);
  std::filesystem::path part;
  for (const auto& step : whole) {
    part /= step;
    if (::mkdir(part.c_str(), S_IRWXU) == 0) continue;
    const int error_number = errno;
    std::error_code ignored;
    if (!std::filesystem::is_directory(part, ignored))
      return file_error("make the directory", part.string(), error_number);
  }
  return {};
}

Result<void> sync_directory(const std::string& path) {
  const File directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return file_error("open", path, errno);
  // Some file systems have nothing to sync there and say so.
  if (::fsync(directory.get()) != 0 && errno != EINVAL) return file_error("write", path, errno);
  return {};
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string stamp_of(const struct stat& status) {
#ifdef __APPLE__
  const timespec& written = status.st_mtimespec;
#else
  const timespec& written = status.st_mtim;
#endif
  return fmt::format("{} {}.{:09} {}", status.st_ino, written.tv_sec, written.tv_nsec, status.st_size);
}

Result<File> lock_directory(const std::string& path) {
  return lock_directory(File(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), path);
}

Result<File> lock_directory(File directory, const std::string& path) {
  if (!directory) return file_error("open", path, errno);
  while (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return file_error("lock", path, errno);
    return Error{Code::busy, fmt::format("{} is locked by another program", path)};
  }
  return directory;
}

}  // namespace ssblog
