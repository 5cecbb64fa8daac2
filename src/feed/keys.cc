// SPDX-License-Identifier: MIT
#include "feed/keys.h"

#include "feed/crypto_sodium.h"
#include "feed/json.h"

#include <fmt/format.h>

#include <new>

namespace ssblog {
namespace {

constexpr std::string_view curve_suffix = ".ed25519";
constexpr std::size_t secret_bytes = crypto_sign_SECRETKEYBYTES;

/// What stands before every `#` of a line, lines joined: the JSON of a secret file.
/// ssb-keys cuts white space before the `#` too, and drops empty lines.
std::string without_comments(std::string_view text) {
  std::string json;
  json.reserve(text.size() + 1);  // one that grows would leave copies behind
  while (!text.empty()) {
    const auto end = text.find('\n');
    json += text.substr(0, end).substr(0, text.substr(0, end).find('#'));
    json += '\n';
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return json;
}

/// The bytes of a `"<base64>.ed25519"` value of a secret file. Looked at in place: canonical JSON escapes none of these
/// signs, and a copy would have to be wiped.
std::optional<ByteBuf> key_bytes(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') return std::nullopt;
  const auto text = value.substr(1, value.size() - 2);
  if (!text.ends_with(curve_suffix)) return std::nullopt;
  return from_base64(text.substr(0, text.size() - curve_suffix.size()));
}

/// Nothing writes into a key any more until it is freed.
void seal(std::uint8_t* guarded) { must(sodium_mprotect_readonly(guarded)); }

/// Wipes a text when it goes, with all that stood in it before.
class WipeText {
 public:
  explicit WipeText(std::string& text) : text_(text) {}
  WipeText(const WipeText&) = delete;
  WipeText& operator=(const WipeText&) = delete;
  ~WipeText() { sodium_memzero(text_.data(), text_.capacity()); }

 private:
  std::string& text_;
};

/// The bytes that Node's Buffer makes of a base64 text: lenient in every way.
/// Source: identities.md, "What an arbitrary caps.shs text really does".
ByteBuf node_base64(std::string_view text) {
  ByteBuf bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a' + 26);
    } else if (c >= '0' && c <= '9') {
      value = static_cast<std::uint32_t>(c - '0' + 52);
    } else if (c == '+' || c == '-') {
      value = 62;
    } else if (c == '/' || c == '_') {
      value = 63;
    } else if (c == '=') {
      break;
    } else {
      continue;
    }
    bits = bits << 6 | value;
    if ((count += 6) >= 8) {
      count -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  return bytes;
}

}  // namespace

void KeyPair::Wipe::operator()(std::uint8_t* guarded) const { sodium_free(guarded); }

KeyPair::KeyPair() {
  need_sodium();
  secret_.reset(static_cast<std::uint8_t*>(sodium_malloc(secret_bytes)));
  if (!secret_) throw std::bad_alloc();
}

KeyPair KeyPair::generate() {
  KeyPair keys;
  must(crypto_sign_keypair(keys.id_.bytes.data(), keys.secret_.get()));
  seal(keys.secret_.get());
  return keys;
}

KeyPair KeyPair::from_seed(std::span<const std::uint8_t, 32> seed) {
  KeyPair keys;
  must(crypto_sign_seed_keypair(keys.id_.bytes.data(), keys.secret_.get(), seed.data()));
  seal(keys.secret_.get());
  return keys;
}

Result<KeyPair> KeyPair::from_secret(ByteView secret) {
  if (secret.size() != secret_bytes) {
    return Error{Code::data,
                 fmt::format("the private key has {} bytes instead of {}", secret.size(), secret_bytes)};
  }
  KeyPair keys = from_seed(secret.first<32>());
  if (sodium_memcmp(keys.secret_.get(), secret.data(), secret_bytes) != 0) {
    return Error{Code::data, "the two halves of the private key do not belong together"};
  }
  return keys;
}

Signature KeyPair::sign(ByteView text, const SigningKey* hmac) const {
  Signature signature;
  if (hmac == nullptr) {
    must(crypto_sign_detached(signature.data(), nullptr, text.data(), text.size(), secret_.get()));
  } else {
    const auto mac = hmac_of(text, *hmac);
    must(crypto_sign_detached(signature.data(), nullptr, mac.data(), mac.size(), secret_.get()));
  }
  return signature;
}

Result<KeyPair> parse_secret_file(std::string_view text) {
  std::string json = without_comments(text);
  const WipeText wipe_json(json);
  auto object = canonical(json, Layout::compact);
  std::string nothing;
  const WipeText wipe_object(object ? *object : nothing);
  if (!object || !is_object(*object)) {
    return Error{Code::data, "this is no secret file: it holds no JSON object between its comments"};
  }
  if (const auto curve = text_of(member(*object, "curve")); curve != "ed25519") {
    return Error{Code::data, "this secret file is not of the curve ed25519"};
  }
  auto secret = key_bytes(member(*object, "private"));
  const auto public_key = key_bytes(member(*object, "public"));
  if (!secret || !public_key) {
    return Error{Code::data, R"(this secret file lacks a good "public" or "private" text)"};
  }
  auto keys = KeyPair::from_secret(*secret);
  sodium_memzero(secret->data(), secret->size());
  if (!keys) return keys.error();
  if (FeedId::from(*public_key) != keys->id()) {
    return Error{Code::data, "the public and the private key of this secret file do not belong together"};
  }
  return keys;
}

std::string format_secret_file(const KeyPair& keys) {
  const std::string public_key = to_base64(keys.id().view());
  return fmt::format(
      "# The secret key of this host. Whoever has it can write as this host.\n"
      "#\n"
      "# Never show it, never copy it to a second machine: two writers with one key\n"
      "# break the feed for good, and nobody can mend it.\n"
      "\n"
      "{{\n"
      "  \"curve\": \"ed25519\",\n"
      "  \"public\": \"{0}.ed25519\",\n"
      "  \"private\": \"{1}.ed25519\",\n"
      "  \"id\": \"@{0}.ed25519\"\n"
      "}}\n"
      "\n"
      "# What others may know of it, its id:\n"
      "# @{0}.ed25519\n",
      public_key, to_base64(keys.secret()));
}

Result<NetworkKey> parse_network_key(std::string_view text) {
  const ByteBuf bytes = node_base64(text.substr(0, text.find('.')));
  if (auto key = NetworkKey::from(bytes)) return *key;
  return Error{
      Code::config,
      fmt::format("the network key (caps.shs) gives {} bytes, it must be base64 of exactly 32 bytes; "
                  "make a good one with: head -c32 /dev/urandom | base64",
                  bytes.size())};
}

Result<SigningKey> parse_signing_key(std::string_view text) {
  if (const auto bytes = from_base64(text)) {
    if (auto key = SigningKey::from(*bytes)) return *key;
  }
  return Error{Code::config, "the signing key (caps.sign) must be base64 of exactly 32 bytes, with padding"};
}

}  // namespace ssblog
