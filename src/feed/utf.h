// SPDX-License-Identifier: MIT
// feed/utf.h - UTF-8 as SSB sees it: decoding of foreign bytes, lengths in UTF-16, the low bytes.
//
// Used by json, message and the log records. Pure, any thread.
#pragma once

#include "feed/bytes.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace ssblog {

/// True when the bytes are well-formed UTF-8 (no surrogates, nothing overlong, nothing above U+10FFFF).
bool is_utf8(ByteView bytes);

/// Length of the longest prefix that is well-formed UTF-8. `cut_short`, when given, is set to true if the
/// rest is the beginning of a sequence that more bytes could complete (1 to 3 bytes are left then).
std::size_t utf8_prefix(ByteView bytes, bool* cut_short = nullptr);

/// The text of foreign bytes: each malformed sequence becomes U+FFFD, one for each maximal subpart.
/// A byte order mark is kept. Source: WHATWG Encoding, "UTF-8 decode without BOM"; messages.md, "Exact text".
std::string decode_utf8(ByteView bytes);

/// Number of UTF-16 code units of a well-formed UTF-8 text.
std::size_t utf16_length(std::string_view text);

/// Appends the low byte of each UTF-16 code unit of a well-formed UTF-8 text: what SSB hashes.
/// Source: messages.md, "Key (hash)".
void append_low_bytes(ByteBuf& out, std::string_view text);

/// Appends one code point as UTF-8 (a surrogate as the three bytes of WTF-8).
void append_utf8(std::string& out, char32_t code_point);

}  // namespace ssblog
