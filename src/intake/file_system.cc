// SPDX-License-Identifier: MIT
#include "intake/file_system.h"

#include "store/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

namespace ssblog {
namespace {

constexpr std::size_t most_names = 100'000;  // of a folder that are looked at

std::int64_t nanoseconds(const struct statx_timestamp& time) {
  return time.tv_sec * 1'000'000'000 + static_cast<std::int64_t>(time.tv_nsec);
}

Result<FileFacts> facts_of(int folder, const std::string& path, int flags, const std::string& shown) {
  struct statx status {};
  if (::statx(folder, path.c_str(), flags, STATX_BASIC_STATS | STATX_BTIME, &status) != 0)
    return file_error("look at", shown, errno);
  FileFacts facts;
  facts.id.device = makedev(status.stx_dev_major, status.stx_dev_minor);
  facts.id.inode = status.stx_ino;
  if ((status.stx_mask & STATX_BTIME) != 0) facts.id.birth = nanoseconds(status.stx_btime);
  facts.kind = S_ISREG(status.stx_mode)   ? FileKind::regular
               : S_ISDIR(status.stx_mode) ? FileKind::folder
               : S_ISLNK(status.stx_mode) ? FileKind::link
                                          : FileKind::other;
  facts.size = status.stx_size;
  facts.modified = nanoseconds(status.stx_mtime);
  facts.accessed = nanoseconds(status.stx_atime);
  facts.changed = nanoseconds(status.stx_ctime);
  return facts;
}

class RealFile final : public OpenFile {
 public:
  RealFile(File file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  Result<FileFacts> facts() override { return facts_of(file_.get(), "", AT_EMPTY_PATH, path_); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    std::size_t got = 0;
    while (got < out.size()) {
      const ssize_t n =
          ::pread(file_.get(), out.data() + got, out.size() - got, static_cast<off_t>(offset + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return file_error("read", path_, errno);
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    return got;
  }

 private:
  File file_;
  std::string path_;
};

class RealFileSystem final : public FileSystem {
 public:
  explicit RealFileSystem(std::string root) : root_(std::move(root)) {}

  Result<void> find(const std::vector<PathPattern>& patterns, const std::vector<PathPattern>& exclude,
                    const FindCalls& calls) override {
    return find_files(patterns, exclude, root_, calls);
  }
  Result<FileFacts> facts(const std::string& path) override {
    return facts_of(AT_FDCWD, root_ + path, AT_SYMLINK_NOFOLLOW, path);
  }
  Result<std::unique_ptr<OpenFile>> open(const std::string& path, bool follow) override {
    // O_NONBLOCK: a FIFO without a writer would hold us for ever.
    const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
    File file(::open((root_ + path).c_str(), flags));
    if (!file) return file_error("read", path, errno);
    return std::unique_ptr<OpenFile>(std::make_unique<RealFile>(std::move(file), path));
  }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    struct Close {
      void operator()(DIR* open) const { ::closedir(open); }
    };
    const std::unique_ptr<DIR, Close> open(::opendir((root_ + folder).c_str()));
    if (!open) return file_error("read", folder, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const struct dirent* entry = ::readdir(open.get())) {
      if (names.size() == most_names) break;
      names.emplace_back(entry->d_name);
    }
    if (errno != 0) return file_error("read", folder, errno);
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string canonical(const std::string& path) override {
    struct Free {
      void operator()(char* text) const { std::free(text); }
    };
    const std::unique_ptr<char, Free> whole(::realpath((root_ + path).c_str(), nullptr));
    return whole ? std::string(whole.get()) : root_ + path;
  }

 private:
  std::string root_;
};

}  // namespace

std::unique_ptr<FileSystem> real_file_system(std::string root) {
  return std::make_unique<RealFileSystem>(std::move(root));
}

std::string folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}
std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace ssblog
