// SPDX-License-Identifier: MIT
// assemble/characters.h - what stands at the front of some bytes: a run that needs no care, or one character.
//
// Used by all that escapes: escape.cc for text, format/json_text.cc for JSON. Pure, any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ssblog {

/// Characters that a terminal would obey or that turn the order of text around. Shown as `\uNNNN` everywhere.
constexpr bool is_dangerous(char32_t c) {
  return (c >= 0x80 && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/// What stands at the front of some bytes.
struct Utf8Sequence {
  std::size_t size = 0;  ///< of a well-formed character; 0 if the first byte is not part of one
  char32_t character = 0;
  bool cut_short = false;  ///< more bytes could complete it
};

/// Reads a character of several bytes. `p` has one byte at least.
inline Utf8Sequence read_sequence(const std::uint8_t* p, std::size_t left) {
  const std::uint8_t lead = p[0];
  std::size_t size = 0;
  std::uint8_t low = 0x80;  // the second byte lies between these (Unicode 15, table 3-7)
  std::uint8_t high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    size = 2;
  } else if ((lead & 0xf0) == 0xe0) {
    size = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    size = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return {};
  }
  char32_t character = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (i == left) return {.cut_short = true};
    if (p[i] < low || p[i] > high) return {};
    low = 0x80;
    high = 0xbf;
    character = character << 6 | (p[i] & 0x3fU);
  }
  return {.size = size, .character = character};
}

/// The bytes looked at together. A constant, so that GCC 12 vectorises the loop at -O2.
inline constexpr std::size_t character_block = 64;

/// True when `Rule::is_special` (a byte to 0 or 1, without branches) is 0 for all of a block.
template <class Rule>
bool is_plain_block(const std::uint8_t* p) {
  std::uint8_t special = 0;
  for (std::size_t i = 0; i < character_block; ++i) {
    special = static_cast<std::uint8_t>(special | Rule::is_special(p[i]));
  }
  return special == 0;
}

/// The first special byte of [p, end), or `end`; bytes from `begin` on, at or before `p`, may be looked at again.
template <class Rule>
const std::uint8_t* skip_plain(const std::uint8_t* begin, const std::uint8_t* p, const std::uint8_t* end) {
  while (p < end) {
    const auto left = static_cast<std::size_t>(end - p);
    if (left >= character_block && is_plain_block<Rule>(p)) {
      p += character_block;
      continue;
    }
    // What is left of a long line is looked at as the end of a block that begins before it.
    if (left < character_block && static_cast<std::size_t>(end - begin) >= character_block &&
        is_plain_block<Rule>(end - character_block)) {
      return end;
    }
    for (const std::uint8_t* const stop = p + std::min(character_block, left); p < stop; ++p) {
      if (Rule::is_special(*p) != 0) return p;
    }
  }
  return end;
}

}  // namespace ssblog
