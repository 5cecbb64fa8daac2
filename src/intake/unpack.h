// SPDX-License-Identifier: MIT
// intake/unpack.h - the bytes of a rotated file, compressed or not, from any place on, forwards.
//
// Used to finish what a rotation made of a file: gzip, xz and zstd are known by their first bytes, not by their names.
// One thread. Memory is bounded: an xz or zstd frame that wants a window of more than 128 MiB is refused.
#pragma once

#include "feed/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace ssblog {

enum class PackedAs { plain, gzip, xz, zstd };

/// By the first bytes of a file.
PackedAs packed_as(std::string_view first_bytes);

/// Reads a compressed file as a stream; several members or frames in a row are one.
class Unpacker {
 public:
  /// Fills `out` with compressed bytes from `offset` on; 0 at their end.
  using ReadPacked = std::function<Result<std::size_t>(std::uint64_t offset, std::span<char> out)>;

  /// `name` is what errors call it.
  static Result<Unpacker> open(ReadPacked read, std::string name);
  Unpacker(Unpacker&&) noexcept;
  Unpacker& operator=(Unpacker&&) noexcept;
  ~Unpacker();

  /// The next bytes; 0 at the end. Code::data when the file is damaged, Code::busy when it ends too early: whoever
  /// compresses it may not be done.
  Result<std::size_t> read(std::span<char> out);

  /// Unpacked bytes that were given out.
  std::uint64_t offset() const;

 private:
  struct State;
  explicit Unpacker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ssblog
