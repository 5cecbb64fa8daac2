// SPDX-License-Identifier: MIT
#include "feed/detached_signature.h"

#include "feed/json.h"
#include "feed/signature_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::string_view domain = "ssblog detached signature 1";
constexpr std::size_t longest_text = 1024;  // bytes: what we write has some 300

/// What is signed: no message, whose text begins with a brace, and no handshake, which begins with a network key.
std::string signed_bytes(const FeedId& author, std::string_view purpose, const Sha256Digest& digest) {
  std::string bytes = fmt::format("{}\n{}\n{}\n", domain, to_text(author), purpose);
  bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  return bytes;
}

std::optional<Sha256Digest> digest_in(std::string_view value) {
  const auto bytes = from_base64(text_of(value).value_or(""));
  Sha256Digest digest;
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

}  // namespace

bool is_purpose(std::string_view word) {
  return !word.empty() && word.size() <= longest_purpose && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@/-").find(c) != std::string_view::npos;
  });
}

std::string sign_digest(const KeyPair& keys, std::string_view purpose, const Sha256Digest& digest) {
  const Signature signature = keys.sign(as_bytes(signed_bytes(keys.id(), purpose, digest)), nullptr);
  return fmt::format(R"({{"author":"{}","purpose":"{}","sha256":"{}","signature":"{}"}})", to_text(keys.id()),
                     purpose, to_base64(digest), to_text(signature));
}

Result<DetachedSignature> check_signature(std::string_view text) {
  const Error no_signature{Code::data, "this is no signature of `ssblog sign`"};
  if (text.size() > longest_text) return no_signature;
  const auto object = canonical(text, Layout::compact);
  if (!object) return no_signature;
  const auto author = parse_feed_id(text_of(member(*object, "author")).value_or(""));
  auto purpose = text_of(member(*object, "purpose"));
  const auto digest = digest_in(member(*object, "sha256"));
  const auto signature = parse_signature(text_of(member(*object, "signature")).value_or(""));
  if (!author || !purpose || !is_purpose(*purpose) || !digest || !signature) return no_signature;
  DetachedSignature read{*author, std::move(*purpose), *digest};
  if (!signature_holds(read.author, as_bytes(signed_bytes(read.author, read.purpose, read.digest)),
                       *signature, nullptr))
    return Error{Code::data, fmt::format("the signature is not one of {}", to_text(read.author))};
  return read;
}

}  // namespace ssblog
