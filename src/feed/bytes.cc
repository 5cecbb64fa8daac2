// SPDX-License-Identifier: MIT
#include "feed/bytes.h"

#include <sodium.h>

#include <algorithm>

namespace ssblog {
namespace {

std::string encode(ByteView bytes, int variant) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
  text.pop_back();  // the terminating zero that libsodium counts
  return text;
}

}  // namespace

std::string to_base64(ByteView bytes) { return encode(bytes, sodium_base64_VARIANT_ORIGINAL); }

void append_base64(std::string& out, ByteView bytes) {
  // With a table: nothing secret goes this way, and libsodium's own takes 20 times as long to hide its bytes.
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::size_t to = out.size();
  out.resize(to + (bytes.size() + 2) / 3 * 4, '=');
  std::size_t at = 0;
  for (; at < bytes.size(); at += 3) {
    const std::size_t left = bytes.size() - at;
    const unsigned group = static_cast<unsigned>(bytes[at] << 16) | (left > 1 ? bytes[at + 1] << 8 : 0U) |
                           (left > 2 ? bytes[at + 2] : 0U);
    out[to++] = digits[group >> 18];
    out[to++] = digits[group >> 12 & 63];
    if (left > 1) out[to] = digits[group >> 6 & 63];
    if (left > 2) out[to + 1] = digits[group & 63];
    to += 2;
  }
}

std::string to_base64_url(ByteView bytes) { return encode(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING); }

std::optional<ByteBuf> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return ByteBuf();
  // libsodium 1.0.18 takes bytes from 0x80 on as digits.
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (!std::all_of(text.begin(), text.end(), is_ascii)) return std::nullopt;
  ByteBuf bytes(text.size() / 4 * 3);
  std::size_t length = 0;
  const char* end = nullptr;
  // libsodium's decoder is strict about padding and spare bits; that is what canonical means here.
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length, &end,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  bytes.resize(length);
  return bytes;
}

std::string to_hex(ByteView bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

std::optional<ByteBuf> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  if (text.empty()) return ByteBuf();
  ByteBuf bytes(text.size() / 2);
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length, &end) != 0 ||
      end != text.data() + text.size() || length != bytes.size()) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace ssblog
