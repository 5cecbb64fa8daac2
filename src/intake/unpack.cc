// SPDX-License-Identifier: MIT
#include "intake/unpack.h"

#include "store/byte_stream.h"

namespace ssblog {

PackedAs packed_as(std::string_view first_bytes) {
  using namespace std::string_view_literals;
  if (first_bytes.starts_with("\x1f\x8b\x08"sv)) return PackedAs::gzip;
  if (first_bytes.starts_with("\xfd\x37zXZ\0"sv)) return PackedAs::xz;
  if (first_bytes.starts_with(zstd_magic)) return PackedAs::zstd;
  return PackedAs::plain;
}

}  // namespace ssblog
