// SPDX-License-Identifier: MIT
#include "feed/utf.h"

#include "feed/swar.h"

#include <cassert>
#include <cstring>

namespace ssblog {
namespace {

/// What stands at the front of bytes that do not begin with ASCII.
struct Sequence {
  std::size_t length;  ///< of the whole sequence, or of the maximal subpart of one that is malformed
  bool whole;
  bool cut_short;  ///< not whole, and the bytes end where it could have gone on
};

/// Source: Unicode 15, table 3-7 "Well-Formed UTF-8 Byte Sequences".
Sequence sequence(ByteView bytes) {
  const std::uint8_t lead = bytes[0];
  std::size_t length = 0;
  std::uint8_t low = 0x80;  // what the second byte may be; the others are always 80..bf
  std::uint8_t high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return {1, false, false};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (i == bytes.size()) return {i, false, true};
    if (bytes[i] < low || bytes[i] > high) return {i, false, false};
    low = 0x80;
    high = 0xbf;
  }
  return {length, true, false};
}

/// The number of ASCII bytes at the front.
std::size_t ascii_prefix(ByteView bytes) {
  std::size_t at = 0;
  for (; bytes.size() - at >= 4 * swar::width; at += 4 * swar::width) {
    const std::uint8_t* from = bytes.data() + at;
    const std::uint64_t any =
        swar::load(from) | swar::load(from + 8) | swar::load(from + 16) | swar::load(from + 24);
    if (any & swar::high_bits) break;
  }
  for (; bytes.size() - at >= swar::width; at += swar::width) {
    const std::uint64_t marks = swar::load(bytes.data() + at) & swar::high_bits;
    if (marks) return at + swar::first(marks);
  }
  while (at < bytes.size() && bytes[at] < 0x80) ++at;
  return at;
}

/// Goes over well-formed bytes from `at` on.
/// @return the sequence that stopped it; its length is 0 when the bytes are over.
Sequence skip_well_formed(ByteView bytes, std::size_t& at) {
  const std::uint8_t* const from = bytes.data();
  const std::size_t size = bytes.size();
  const auto continues = [&](std::size_t i) { return (from[i] & 0xc0) == 0x80; };
  while (at < size) {
    const std::uint8_t lead = from[at];
    if (lead < 0x80) {
      if (size - at >= swar::width && (swar::load(from + at) & swar::high_bits) == 0) {
        at += ascii_prefix(bytes.subspan(at));
      } else {
        ++at;
      }
    } else if (lead >= 0xc2 && lead < 0xe0 && size - at >= 2 && continues(at + 1)) {
      at += 2;  // what most alphabets are made of; `sequence` would say the same
    } else if (lead > 0xe0 && lead < 0xed && size - at >= 3 && continues(at + 1) && continues(at + 2)) {
      at += 3;  // most of Asia
    } else {
      const Sequence next = sequence(bytes.subspan(at));
      if (!next.whole) return next;
      at += next.length;
    }
  }
  return {0, true, false};
}

}  // namespace

bool is_utf8(ByteView bytes) { return utf8_prefix(bytes) == bytes.size(); }

std::size_t utf8_prefix(ByteView bytes, bool* cut_short) {
  std::size_t at = 0;
  const Sequence stop = skip_well_formed(bytes, at);
  if (cut_short) *cut_short = stop.cut_short;
  return at;
}

std::string decode_utf8(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size());
  std::size_t at = 0;
  for (;;) {
    const std::size_t begin = at;
    const Sequence stop = skip_well_formed(bytes, at);
    text += as_text(bytes.subspan(begin, at - begin));
    if (stop.length == 0) return text;
    append_utf8(text, 0xfffd);
    at += stop.length;
  }
}

std::size_t utf16_length(std::string_view text) {
  // A unit for each byte that begins a sequence, one more for the four-byte ones.
  std::size_t length = 0;
  std::size_t at = 0;
  for (; text.size() - at >= swar::width; at += swar::width) {
    const std::uint64_t word = swar::load(text.data() + at);
    length += swar::width;
    if ((word & swar::high_bits) == 0) continue;
    length -= swar::count(word & ~(word << 1) & swar::high_bits);
    length += swar::count(word & word << 1 & word << 2 & word << 3 & swar::high_bits);
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    length += ((byte & 0xc0) != 0x80) + (byte >= 0xf0);
  }
  return length;
}

void append_low_bytes(ByteBuf& out, std::string_view text) {
  const ByteView in = as_bytes(text);
  std::size_t to = out.size();
  out.resize(to + in.size());  // no sequence has more units than bytes
  std::size_t at = 0;
  while (at < in.size()) {
    if (in[at] < 0x80) {
      const std::size_t run = ascii_prefix(in.subspan(at));
      std::memcpy(out.data() + to, in.data() + at, run);
      at += run;
      to += run;
      continue;
    }
    const std::uint8_t lead = in[at];
    const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    assert(at + length <= in.size());
    if (at + length > in.size()) break;
    // The last byte carries 6 bits, the one before it (at least) the other two.
    const unsigned low = (in[at + length - 2] & 0x3fU) << 6 | (in[at + length - 1] & 0x3fU);
    if (length == 4) {
      const unsigned offset = ((lead & 0x07U) << 18 | (in[at + 1] & 0x3fU) << 12 | low) - 0x10000U;
      out[to++] = static_cast<std::uint8_t>(offset >> 10);
    }
    out[to++] = static_cast<std::uint8_t>(low);
    at += length;
  }
  out.resize(to);
}

void append_utf8(std::string& out, char32_t code_point) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code_point >> shift & 0x3f)); };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xc0 | code_point >> 6);
    out += tail(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xe0 | code_point >> 12);
    out += tail(6);
    out += tail(0);
  } else {
    assert(code_point < 0x110000);
    out += static_cast<char>(0xf0 | code_point >> 18);
    out += tail(12);
    out += tail(6);
    out += tail(0);
  }
}

}  // namespace ssblog
