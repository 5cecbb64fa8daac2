// SPDX-License-Identifier: MIT
#include "feed/signature_text.h"

#include "feed/bytes.h"

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::size_t base64_length = 88;  // characters for 64 bytes

}  // namespace

std::optional<Signature> parse_signature(std::string_view text) {
  if (text.size() != base64_length + signature_suffix.size() || !text.ends_with(signature_suffix))
    return std::nullopt;
  const auto bytes = from_base64(text.substr(0, base64_length));
  // 88 characters can hold 65 or 66 bytes too; some bindings look at the first 64 of them, we do not.
  if (!bytes || bytes->size() != std::tuple_size_v<Signature>) return std::nullopt;
  Signature signature;
  std::copy(bytes->begin(), bytes->end(), signature.begin());
  return signature;
}

void append_signature(std::string& out, const Signature& signature) {
  append_base64(out, signature);
  out += signature_suffix;
}

std::string to_text(const Signature& signature) {
  std::string text;
  append_signature(text, signature);
  return text;
}

}  // namespace ssblog
