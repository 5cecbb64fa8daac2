// SPDX-License-Identifier: MIT
// intake/file_system.h - what the collector asks of a file system, so that its tests can have one of their own.
//
// Paths are absolute, and meant below the root that the file system was made with. Nothing here waits: a FIFO is opened
// without blocking, and then refused for what it is. One thread.
#pragma once

#include "feed/result.h"
#include "intake/find_files.h"

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ssblog {

/// Which file it is, whatever it is called. An inode may be used again for another file; the time of birth then differs.
struct FileId {
  std::uint64_t device = 0, inode = 0;
  std::int64_t birth = 0;  ///< ns since 1970; 0 where the file system does not say
  auto operator<=>(const FileId&) const = default;
};

inline constexpr std::int64_t nanoseconds_of_ms = 1'000'000;
inline constexpr std::int64_t nanoseconds_of_second = 1'000'000'000;

/// A time of a file that may stand for the whole second behind it: ext4 with inodes of 128 bytes knows no others, nor do some
/// file systems of a network. One of FAT stands for two.
constexpr bool is_whole_second(std::int64_t time) { return time % nanoseconds_of_second == 0; }
inline constexpr std::int64_t longest_tick = 2 * nanoseconds_of_second;

enum class FileKind { regular, folder, link, other };

struct FileFacts {
  FileId id;
  FileKind kind = FileKind::other;
  std::uint64_t size = 0;
  std::int64_t modified = 0, accessed = 0, changed = 0;  ///< ns since 1970
  bool operator==(const FileFacts&) const = default;
};

/// A file that is open for reading, whatever becomes of its name.
class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  virtual ~OpenFile() = default;
  virtual Result<FileFacts> facts() = 0;
  /// Fills `out` as far as there are bytes from `offset` on; less than asked only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) = 0;
};

class FileSystem {
 public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem() = default;

  /// Every regular file that is to be read; see find_files.
  virtual Result<void> find(const std::vector<PathPattern>& patterns, const std::vector<PathPattern>& exclude,
                            const FindCalls& calls) = 0;
  /// Of what stands at the path; a symlink is told as one. Code::no_input when nothing does.
  virtual Result<FileFacts> facts(const std::string& path) = 0;
  /// Follows symlinks only when told.
  virtual Result<std::unique_ptr<OpenFile>> open(const std::string& path, bool follow) = 0;
  /// The names in a folder, sorted; at most 100,000 are looked at.
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  /// The path without symlinks on its way; as it is where that is not known.
  virtual std::string canonical(const std::string& path) = 0;
};

/// The real one; `root` is empty, or a folder without a slash at its end.
std::unique_ptr<FileSystem> real_file_system(std::string root);

/// "/var/log" of "/var/log/syslog", and "syslog".
std::string folder_of(std::string_view path);
std::string_view name_of(std::string_view path);

}  // namespace ssblog

template <>
struct std::hash<ssblog::FileId> {
  std::size_t operator()(const ssblog::FileId& id) const noexcept {
    return std::hash<std::uint64_t>()(id.inode * 0x9e3779b97f4a7c15u ^ id.device ^
                                      static_cast<std::uint64_t>(id.birth) << 1);
  }
};
