// SPDX-License-Identifier: MIT
// intake/file_bytes.h - the bytes of an open file from any place on, packed or not.
//
// Used by the collector. A packed file is read forwards; going back begins anew, but for the last stretch, which is kept.
// One thread.
#pragma once

#include "intake/file_system.h"
#include "intake/unpack.h"

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace ssblog {

class FileBytes {
 public:
  /// Code::no_input for what is no regular file. With `may_unpack` a packed file is known by its first bytes.
  static Result<FileBytes> open(FileSystem& files, const std::string& path, bool follow, bool may_unpack);

  /// As OpenFile::read_at. Code::busy for a packed file that ends too early, Code::data for a damaged one.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out);
  Result<std::string> read(std::uint64_t offset, std::size_t most);
  Result<FileFacts> facts() { return file_->facts(); }

  /// As it was when the file was opened.
  const FileFacts& opened() const { return opened_; }
  bool packed() const { return packed_; }
  /// A packed file grew: what was unpacked is to be unpacked anew.
  void rewind() { unpacker_.reset(); }

 private:
  FileBytes() = default;
  Result<std::size_t> unpack_at(std::uint64_t offset, std::span<char> out);

  std::unique_ptr<OpenFile> file_;
  FileFacts opened_;
  std::string path_;
  bool packed_ = false;
  std::optional<Unpacker> unpacker_;
  std::string window_;  ///< unpacked bytes from window_begin_ on
  std::uint64_t window_begin_ = 0;
  bool ended_ = false;
};

}  // namespace ssblog
