// SPDX-License-Identifier: MIT
#include "feed/detached_signature.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::string_view domain = "ssblog detached signature 1";
constexpr std::string_view suffix = ".sig.ed25519";
constexpr std::size_t longest_text = 1024;  // bytes: what we write has some 300

/// What is signed: no message, whose text begins with a brace, and no handshake, which begins with a network key.
std::string signed_bytes(const FeedId& author, std::string_view purpose, const Sha256Digest& digest) {
  std::string bytes = fmt::format("{}\n{}\n{}\n", domain, to_text(author), purpose);
  bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  return bytes;
}

template <std::size_t size>
bool read_bytes(std::string_view value, std::string_view ending, std::array<std::uint8_t, size>& to) {
  const auto text = text_of(value);
  if (!text || !text->ends_with(ending)) return false;
  const auto bytes = from_base64(std::string_view(*text).substr(0, text->size() - ending.size()));
  if (!bytes || bytes->size() != size) return false;
  std::copy(bytes->begin(), bytes->end(), to.begin());
  return true;
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
  return fmt::format(R"({{"author":"{}","purpose":"{}","sha256":"{}","signature":"{}{}"}})",
                     to_text(keys.id()), purpose, to_base64(digest), to_base64(signature), suffix);
}

Result<DetachedSignature> check_signature(std::string_view text) {
  const Error no_signature{Code::data, "this is no signature of `ssblog sign`"};
  if (text.size() > longest_text) return no_signature;
  const auto object = canonical(text, Layout::compact);
  if (!object) return no_signature;
  DetachedSignature read;
  const auto author = parse_feed_id(text_of(member(*object, "author")).value_or(""));
  auto purpose = text_of(member(*object, "purpose"));
  Signature signature{};
  if (!author || !purpose || !is_purpose(*purpose) ||
      !read_bytes(member(*object, "sha256"), "", read.digest) ||
      !read_bytes(member(*object, "signature"), suffix, signature))
    return no_signature;
  read.author = *author;
  read.purpose = std::move(*purpose);
  if (!signature_holds(read.author, as_bytes(signed_bytes(read.author, read.purpose, read.digest)), signature,
                       nullptr))
    return Error{Code::data, fmt::format("the signature is not one of {}", to_text(read.author))};
  return read;
}

}  // namespace ssblog
