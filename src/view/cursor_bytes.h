// SPDX-License-Identifier: MIT
// view/cursor_bytes.h - the bytes of the texts that say where a page ends.
//
// Used by the pages of lines and of alerts. Pure, any thread.
#pragma once

#include "feed/bytes.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

inline void put_big_endian(ByteBuf& out, std::size_t at, std::size_t size, std::uint64_t number) {
  for (std::size_t i = size; i-- > 0; number >>= 8) out[at + i] = static_cast<std::uint8_t>(number);
}

inline std::uint64_t big_endian_at(ByteView bytes, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) number = number << 8 | bytes[at + i];
  return number;
}

/// Exactly `size` bytes out of base64url; nothing: the text is something else.
inline std::optional<ByteBuf> from_cursor_text(std::string_view text, std::size_t size) {
  if (text.size() > 2 * size) return std::nullopt;
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '-', '+');
  std::replace(plain.begin(), plain.end(), '_', '/');
  while (plain.size() % 4 != 0) plain += '=';
  auto bytes = from_base64(plain);
  if (!bytes || bytes->size() != size) return std::nullopt;
  return std::move(*bytes);
}

}  // namespace ssblog
