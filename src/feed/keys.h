// SPDX-License-Identifier: MIT
// feed/keys.h - the key pair of a host, SSB's own secret file, and the network key's texts.
//
// Used by init, publish and the handshake. The secret half lives in guarded memory of libsodium and is
// wiped when the pair goes. No I/O here: files come in and go out as texts.
// Source: identities.md, "Key pair", "Key file", "Network keys".
#pragma once

#include "feed/crypto.h"
#include "feed/id.h"
#include "feed/result.h"

#include <memory>
#include <string>
#include <string_view>

namespace ssblog {

/// An Ed25519 key pair. Moves, does not copy.
class KeyPair {
 public:
  /// A new pair from the system's random source.
  static KeyPair generate();
  /// The pair of a 32-byte seed (`crypto_sign_seed_keypair`).
  static KeyPair from_seed(std::span<const std::uint8_t, 32> seed);
  /// The pair of a 64-byte secret key (seed, then public key). Code::data when the halves do not belong
  /// together.
  static Result<KeyPair> from_secret(ByteView secret);

  const FeedId& id() const { return id_; }
  /// 64 bytes: seed, then public key.
  ByteView secret() const { return {secret_.get(), 64}; }

  /// The signature over a text, or over its HMAC when the network has a signing key.
  Signature sign(ByteView text, const SigningKey* hmac) const;

 private:
  struct Wipe {
    void operator()(std::uint8_t* guarded) const;
  };
  KeyPair();
  FeedId id_;
  std::unique_ptr<std::uint8_t[], Wipe> secret_;
};

/// The key pair of SSB's secret file: a JSON object between comments that begin with `#`.
/// @return Code::data when it is no such file, its curve is not ed25519, or its keys do not fit together.
Result<KeyPair> parse_secret_file(std::string_view text);

/// The text of a secret file as ssb-keys reads it, with comments that say how precious it is.
std::string format_secret_file(const KeyPair& keys);

/// The 32 bytes of a `caps.shs` text, decoded as ssb-server does: what stands before the first `.`, any
/// character outside the alphabet skipped, up to the first `=`.
/// @return Code::config, with the length it gave and how to make a good one, for anything but 32 bytes.
Result<NetworkKey> parse_network_key(std::string_view text);

/// The HMAC key of `caps.sign`: canonical base64 of 32 bytes, or Code::config.
Result<SigningKey> parse_signing_key(std::string_view text);

}  // namespace ssblog
