// SPDX-License-Identifier: MIT
// assemble/format/plain_ascii.h - whether bytes are printable ASCII and tabs, as most lines are.
//
// Used by the formats that write such lines as they are, and all others in a longer way. Pure, any thread.
#pragma once

#include "assemble/characters.h"
#include "feed/bytes.h"

#include <string_view>

namespace ssblog {

struct PlainAsciiRule {
  static constexpr std::uint8_t is_special(std::uint8_t byte) {
    const auto control = static_cast<std::uint8_t>((byte < 0x20) & (byte != '\t'));
    return static_cast<std::uint8_t>(control | (byte > 0x7e));
  }
};

inline bool is_plain_ascii(std::string_view bytes) {
  const std::uint8_t* const begin = as_bytes(bytes).data();
  const std::uint8_t* const end = begin + bytes.size();
  return skip_plain<PlainAsciiRule>(begin, begin, end) == end;
}

}  // namespace ssblog
