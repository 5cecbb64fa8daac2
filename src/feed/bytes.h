// SPDX-License-Identifier: MIT
// feed/bytes.h - views and buffers of bytes, and their base64 and hex spellings.
//
// Used everywhere. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

using ByteView = std::span<const std::uint8_t>;  ///< looked at
using ByteBuf = std::vector<std::uint8_t>;       ///< owned

/// The bytes of a text, as they are.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Bytes seen as text; nothing says that they are UTF-8.
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Standard base64 with padding (RFC 4648, section 4).
std::string to_base64(ByteView bytes);
void append_base64(std::string& out, ByteView bytes);

/// URL-safe base64 without padding (RFC 4648, section 5).
std::string to_base64_url(ByteView bytes);

/// The bytes of canonical standard base64: padded, spare bits zero, no white space. Empty when the text
/// is anything else.
std::optional<ByteBuf> from_base64(std::string_view text);

/// Lower-case hex.
std::string to_hex(ByteView bytes);

/// The bytes of an even number of hex digits of either case; empty when the text is anything else.
std::optional<ByteBuf> from_hex(std::string_view text);

}  // namespace ssblog
