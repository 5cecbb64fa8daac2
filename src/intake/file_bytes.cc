// SPDX-License-Identifier: MIT
#include "intake/file_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

constexpr std::size_t unpack_step = 64 * 1024;
constexpr std::size_t kept_behind = 512 * 1024;  // of unpacked bytes: a burst, and what is compared before it
constexpr std::size_t magic_bytes = 6;

}  // namespace

Result<FileBytes> FileBytes::open(FileSystem& files, const std::string& path, bool follow, bool may_unpack) {
  auto file = files.open(path, follow);
  if (!file) return file.error();
  auto facts = (*file)->facts();
  if (!facts) return facts.error();
  if (facts->kind != FileKind::regular)
    return Error{Code::no_input, fmt::format("{} is not read: it is no regular file", path)};
  FileBytes bytes;
  bytes.file_ = std::move(*file);
  bytes.opened_ = *facts;
  bytes.path_ = path;
  if (may_unpack) {
    std::array<char, magic_bytes> first{};
    auto got = bytes.file_->read_at(0, first);
    if (!got) return got.error();
    bytes.packed_ = packed_as(std::string_view(first.data(), *got)) != PackedAs::plain;
  }
  return bytes;
}

Result<std::size_t> FileBytes::read_at(std::uint64_t offset, std::span<char> out) {
  return packed_ ? unpack_at(offset, out) : file_->read_at(offset, out);
}

Result<std::string> FileBytes::read(std::uint64_t offset, std::size_t most) {
  std::string bytes(most, '\0');
  auto got = read_at(offset, bytes);
  if (!got) return got.error();
  bytes.resize(*got);
  return bytes;
}

Result<std::size_t> FileBytes::unpack_at(std::uint64_t offset, std::span<char> out) {
  if (!unpacker_ || offset < window_begin_) {
    auto unpacker =
        Unpacker::open([file = file_.get()](std::uint64_t from,
                                            std::span<char> packed) { return file->read_at(from, packed); },
                       path_);
    if (!unpacker) return unpacker.error();
    unpacker_ = std::move(*unpacker);
    window_.clear();
    window_begin_ = 0;
    ended_ = false;
  }
  while (!ended_ && window_begin_ + window_.size() < offset + out.size()) {
    const std::size_t before = window_.size();
    window_.resize(before + unpack_step);
    auto got = unpacker_->read(std::span(window_).subspan(before));
    window_.resize(before + (got ? *got : 0));
    if (!got) {
      unpacker_.reset();
      return got.error();
    }
    ended_ = *got == 0;
    if (window_.size() > kept_behind + unpack_step + out.size()) {
      const std::size_t surplus = std::min<std::uint64_t>(
          window_.size() - kept_behind, offset > window_begin_ ? offset - window_begin_ : 0);
      window_.erase(0, surplus);
      window_begin_ += surplus;
    }
  }
  const std::uint64_t end = window_begin_ + window_.size();
  if (offset >= end) return std::size_t{0};
  const std::size_t got = std::min<std::uint64_t>(out.size(), end - offset);
  std::copy_n(window_.begin() + static_cast<std::ptrdiff_t>(offset - window_begin_), got, out.begin());
  return got;
}

}  // namespace ssblog
