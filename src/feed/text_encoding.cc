// SPDX-License-Identifier: MIT
#include "feed/text_encoding.h"

#include "feed/bytes.h"
#include "feed/json.h"
#include "feed/swar.h"
#include "feed/utf.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ssblog {
namespace {

constexpr std::size_t newline_units = 2;  // "\n" inside a JSON string

/// UTF-16 units that a byte takes inside a JSON string: of UTF-8 text, the lead byte pays for the rest.
constexpr std::array<std::uint8_t, 256> make_costs(bool latin1) {
  std::array<std::uint8_t, 256> costs{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    if (byte < 0x20) {
      costs[byte] = 6;
    } else if (byte < 0x80 || latin1) {
      costs[byte] = 1;
    } else {
      costs[byte] = byte < 0xc0 ? 0 : byte < 0xf0 ? 1 : 2;
    }
  }
  for (const char c : {'"', '\\', '\b', '\t', '\n', '\f', '\r'}) costs[static_cast<std::uint8_t>(c)] = 2;
  return costs;
}
constexpr auto text_costs = make_costs(false);
constexpr auto latin1_costs = make_costs(true);

/// True when none of eight bytes is below 0x20, a quote, a backslash or above 0x7f. (It may say false for
/// eight that are plain; those are then counted one by one.)
bool eight_plain(const char* at) {
  const std::uint64_t word = swar::load(at);
  const std::uint64_t control = (word - swar::all(0x20)) & swar::high_bits;
  return (control | (word & swar::high_bits) | swar::equal(word, '"') | swar::equal(word, '\\')) == 0;
}

std::size_t count_units(std::string_view bytes, const std::array<std::uint8_t, 256>& costs) {
  std::size_t units = 0;
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (at + swar::width <= bytes.size() && eight_plain(bytes.data() + at)) {
      units += swar::width;
      at += swar::width;
    } else {
      units += costs[static_cast<std::uint8_t>(bytes[at++])];
    }
  }
  return units;
}

/// The longest prefix that takes at most `budget` units.
std::size_t fitting(std::string_view bytes, std::size_t budget, const std::array<std::uint8_t, 256>& costs) {
  std::size_t units = 0;
  std::size_t at = 0;
  for (; at < bytes.size(); ++at) {
    units += costs[static_cast<std::uint8_t>(bytes[at])];
    if (units > budget) break;
  }
  return at;
}

std::string latin1_to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 3 / 2);
  for (const char c : bytes) append_utf8(text, static_cast<std::uint8_t>(c));
  return text;
}

}  // namespace

std::size_t TextCost::best() const {
  const std::size_t binary = std::min(latin1, base64());
  return valid ? std::min(text, binary) : binary;
}

TextCost TextCost::of(std::string_view bytes) {
  TextCost cost;
  cost.bytes = bytes.size();
  cost.valid = is_utf8(as_bytes(bytes));
  cost.text = cost.valid ? count_units(bytes, text_costs) : 0;
  // Plain ASCII costs the same either way; most lines are that.
  cost.latin1 = cost.valid && cost.text == bytes.size() ? cost.text : count_units(bytes, latin1_costs);
  return cost;
}

TextCost TextCost::joined(const TextCost& line) const {
  return {text + newline_units + line.text, latin1 + newline_units + line.latin1, bytes + 1 + line.bytes,
          valid && line.valid};
}

std::size_t piece_length(std::string_view line, std::size_t units) {
  const std::size_t as_base64 = std::min(sure_bytes(units), line.size());
  const std::size_t as_latin1 = fitting(line, units, latin1_costs);
  const auto binary = as_bytes(line.substr(0, std::max(as_base64, as_latin1)));
  bool cut_short = false;  // valid but for a character that goes on behind: cut before it
  const std::size_t valid = utf8_prefix(binary, &cut_short);
  const std::size_t most_binary = cut_short ? valid : binary.size();
  std::size_t length = fitting(line, units, text_costs);
  length = utf8_prefix(as_bytes(line.substr(0, length)));
  if (length < most_binary && (length < most_binary / 2 || valid == most_binary)) length = most_binary;
  return length;
}

std::string_view append_text(std::string& out, std::string_view bytes, const TextCost& cost) {
  if (cost.valid && cost.text <= std::min(cost.latin1, cost.base64())) {
    append_json_string(out, bytes);
    return "";
  }
  if (cost.latin1 <= cost.base64()) {
    append_json_string(out, latin1_to_utf8(bytes));
    return "latin1";
  }
  out += '"';
  append_base64(out, as_bytes(bytes));
  out += '"';
  return "base64";
}

}  // namespace ssblog
