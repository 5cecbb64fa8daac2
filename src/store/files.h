// SPDX-License-Identifier: MIT
// store/files.h - the few things that are done with plain files: read, make once, lock.
//
// Used by home, guard, and by the outputs of assemble. Every error names the file.
#pragma once

#include "feed/bytes.h"
#include "feed/result.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ssblog {

/// An open file; closed at the end of its life.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File();
  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

/// "cannot read FILE: why", with the code that fits errno.
Error file_error(std::string_view doing, const std::string& path, int error_number);

/// The same for an output that cannot be made.
Error output_error(const std::string& path, int error_number);

/// The whole of a file of at most `limit` bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit);

/// At most `limit` bytes from its beginning.
Result<std::string> read_beginning(const std::string& path, std::size_t limit);

/// Writes all bytes at the file's position.
Result<void> write_all(const File& file, const std::string& path, std::string_view bytes);

/// Reads from a place of the file, and leaves its position. Fewer bytes than there is room for: the file ends there.
Result<std::size_t> read_at(const File& file, const std::string& path, std::span<std::uint8_t> room,
                            off_t place);

/// Writes all bytes to a place of the file, and leaves its position.
Result<void> write_at(const File& file, const std::string& path, ByteView bytes, off_t place);

/// Whose a file becomes that root makes: its own, or, as a file of a home, the owner's of the directory (owned_folder.h).
enum class OwnedBy { maker, directory };

/// Makes a file that does not exist yet, whole and durable or not at all. Code::cannot_create when it exists.
Result<void> create_file(const std::string& path, std::string_view text, mode_t mode,
                         OwnedBy owner = OwnedBy::maker);

/// Puts a file in the place of what is there, whole and durable or not at all.
Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode,
                          OwnedBy owner = OwnedBy::maker);
/// The same by OwnedBy::directory, in a directory that is open: `path` says where it stands.
Result<void> replace_file(const File& directory, const std::string& path, std::string_view text, mode_t mode);

/// An output that is written bit by bit: a file of its name appears whole and durable, or not at all. What is
/// there and is no regular file (a device, a pipe) is written to as it is.
class OutputFile {
 public:
  static Result<OutputFile> open(const std::string& path, mode_t mode);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  Result<void> write(std::string_view bytes) { return write_all(file_, path_, bytes); }
  /// Puts the file in its place; without it everything written is gone.
  Result<void> commit();

 private:
  OutputFile(File file, std::string path, std::string beside)
      : file_(std::move(file)), path_(std::move(path)), beside_(std::move(beside)) {}
  File file_;
  std::string path_;
  std::string beside_;  ///< its name until it is whole; empty: none
};

/// Makes a directory and its parents, for this user alone where they are new.
Result<void> make_directories(const std::string& path);

/// Makes the entries of a directory durable.
Result<void> sync_directory(const std::string& path);

/// The directory that a file stands in.
std::string directory_of(const std::string& path);

/// By which a file is known again that nobody wrote to, or put another in the place of.
std::string stamp_of(const struct stat& status);

/// An exclusive lock of a directory, until the File goes or the process ends. Code::busy at once when another
/// has it.
Result<File> lock_directory(const std::string& path);
/// The same for one that is open.
Result<File> lock_directory(File directory, const std::string& path);

}  // namespace ssblog
