// SPDX-License-Identifier: MIT
#include "store/grams.h"

#include <algorithm>

namespace ssblog {
namespace {

constexpr char any_letter = '\x80';  // of a script with two cases, and bytes that are no UTF-8

/// A code point of more than one byte, decoded strictly; 0: it is none. `size`: its bytes.
char32_t decode(std::string_view text, std::size_t at, std::size_t& size) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  size = 1;
  if (first >= 0xc2 && first <= 0xdf && follows(1)) {
    size = 2;
    return (first & 0x1f) << 6 | (byte(1) & 0x3f);
  }
  if (first >= 0xe0 && first <= 0xef && follows(1) && follows(2)) {
    const char32_t point = (first & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    if (point < 0x800 || (point >= 0xd800 && point <= 0xdfff)) return 0;
    size = 3;
    return point;
  }
  if (first >= 0xf0 && first <= 0xf4 && follows(1) && follows(2) && follows(3)) {
    const char32_t point =
        (first & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
    if (point < 0x10000 || point > 0x10ffff) return 0;
    size = 4;
    return point;
  }
  return 0;
}

/// Hebrew to Myanmar; kana and Han; Hangul: no character of them is another's capital.
bool has_one_case(char32_t point) {
  return (point >= 0x0590 && point < 0x10a0) || (point >= 0x3040 && point < 0xa000) ||
         (point >= 0xac00 && point < 0xd7a4);
}

/// A byte for each character. What a search in any case takes for equal has equal bytes.
void fold(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x80) {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c == '\0' ? '\x01' : c;
      ++at;
      continue;
    }
    std::size_t size = 1;
    const char32_t point = decode(text, at, size);
    at += size;
    if (point == 0x212a) {
      out += 'k';  // the sign of Kelvin
    } else if (point == 0x017f) {
      out += 's';  // the long s
    } else {
      out += has_one_case(point) ? static_cast<char>(0x81 + point % 0x7f) : any_letter;
    }
  }
}

}  // namespace

GramCutter::GramCutter() : seen_((std::size_t{1} << 24) / 64) {}

const std::string& GramCutter::cut(std::string_view text) {
  const auto place = [](const char* gram) {
    return static_cast<std::size_t>(static_cast<unsigned char>(gram[0])) << 16 |
           static_cast<std::size_t>(static_cast<unsigned char>(gram[1])) << 8 |
           static_cast<std::size_t>(static_cast<unsigned char>(gram[2]));
  };
  fold(text, folded_);
  grams_.clear();
  std::size_t line = 0;  // characters since its beginning
  for (std::size_t at = 0; at < folded_.size(); ++at) {
    line = folded_[at] == '\n' ? 0 : line + 1;
    if (line < gram_size) continue;
    const char* const gram = folded_.data() + at + 1 - gram_size;
    std::uint64_t& bits = seen_[place(gram) / 64];
    const std::uint64_t bit = std::uint64_t{1} << place(gram) % 64;
    if ((bits & bit) != 0) continue;
    bits |= bit;
    grams_.append(gram, gram_size);
  }
  for (std::size_t at = 0; at < grams_.size(); at += gram_size) seen_[place(grams_.data() + at) / 64] = 0;
  return grams_;
}

std::vector<std::string> grams_of_word(std::string_view word, std::size_t most) {
  std::string folded;
  fold(word, folded);
  std::vector<std::string> grams;
  if (folded.size() < gram_size || folded.find('\n') != std::string::npos) return grams;
  const std::size_t count = folded.size() - gram_size + 1;
  const std::size_t taken = std::min(count, most);
  // Spread evenly, the first and the last among them.
  for (std::size_t i = 0; i < taken; ++i) {
    const std::size_t at = taken == 1 ? 0 : i * (count - 1) / (taken - 1);
    grams.push_back(folded.substr(at, gram_size));
  }
  std::sort(grams.begin(), grams.end());
  grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
  return grams;
}

}  // namespace ssblog
