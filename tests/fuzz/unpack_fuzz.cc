// SPDX-License-Identifier: MIT
// fuzz/unpack_fuzz.cc - rotated files, compressed and damaged: the same bytes however they are read, and an end.
#include "fuzz/input.h"
#include "intake/unpack.h"

#include <string>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

constexpr std::size_t enough = 4 * 1024 * 1024;

/// What comes out, up to `enough`, and how it ended.
std::pair<std::string, int> unpacked(ByteView file, std::size_t most_read, std::size_t buffer) {
  const auto read = [&](std::uint64_t offset, std::span<char> out) -> Result<std::size_t> {
    if (offset >= file.size()) return std::size_t{0};
    const ByteView part = file.subspan(offset, std::min({most_read, out.size(), file.size() - offset}));
    std::ranges::copy(part, out.begin());
    return part.size();
  };
  auto unpacker = Unpacker::open(read, "the file");
  if (!unpacker) return {"", static_cast<int>(unpacker.error().code)};
  std::string all, bytes(buffer, '\0');
  while (all.size() < enough) {
    const auto done = unpacker->read(bytes);
    if (!done) return {all, static_cast<int>(done.error().code)};
    if (*done == 0) return {all, 0};
    must(*done <= bytes.size(), "only what has room is given out");
    all.append(bytes, 0, *done);
    must(unpacker->offset() == all.size(), "what was given out is counted");
  }
  return {all, -1};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t step = 1 + input.byte();
  const ByteView file = input.rest();
  const auto [all, end] = unpacked(file, file.size() + 1, 65536);
  const auto [again, other_end] = unpacked(file, step, 1024 + step);
  if (end == -1 || other_end == -1) {
    const std::size_t both = std::min(all.size(), again.size());
    must(all.compare(0, both, again, 0, both) == 0, "the bytes are the same however they are read");
  } else {
    // What stands before damage may come out or not, and which damage of several is met first, differs: the libraries
    // look ahead by what they are given. libzstd even refuses a block of no repeated byte only where it comes in pieces.
    const bool may_differ = packed_as(as_text(file)) == PackedAs::zstd;
    must(may_differ || (end == 0) == (other_end == 0), "a file is whole or not, however it is read");
    if (end == 0 && other_end == 0) must(all == again, "the bytes are the same however they are read");
  }
  if (packed_as(as_text(file)) == PackedAs::plain && end == 0)
    must(all == as_text(file), "a plain file is itself");
  return 0;
}
