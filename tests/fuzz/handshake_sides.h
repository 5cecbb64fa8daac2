// SPDX-License-Identifier: MIT
// fuzz/handshake_sides.h - two sides of a Secret Handshake whose secrets are all known, and its boxes made by hand.
//
// Used by the two handshake targets: so the fuzzer gets behind the MACs. Source: handshake.md (SHS 1).
#pragma once

#include "fuzz/input.h"
#include "gossip/protocol/handshake.h"

#include <sodium.h>

namespace ssblog::fuzz {

using Bytes32 = std::array<std::uint8_t, 32>;

struct Sides {
  NetworkKey network{};
  KeyPair client = keys_of(1);
  KeyPair server = keys_of(2);
  Bytes32 a{}, b{};  ///< the secret ephemeral keys of client and server

  Sides() {
    network.bytes.fill(7);
    a.fill(3);
    b.fill(4);
  }
  ClientHandshake client_side() const {
    return {network, client, server.id(), EphemeralKeys::from_secret(a)};
  }
  ServerHandshake server_side() const { return {network, server, EphemeralKeys::from_secret(b)}; }
};

inline Bytes32 sodium_product(const Bytes32& secret, ByteView point) {
  Bytes32 product{};
  // A point of low order gives zeros, which is what an attacker counts on.
  if (crypto_scalarmult(product.data(), secret.data(), point.data()) != 0) product.fill(0);
  return product;
}

inline Bytes32 public_of(const Bytes32& secret) {
  Bytes32 point{};
  must(crypto_scalarmult_base(point.data(), secret.data()) == 0, "an ephemeral key has a public half");
  return point;
}

inline Bytes32 curve_of(const FeedId& id) {
  Bytes32 point{};
  must(crypto_sign_ed25519_pk_to_curve25519(point.data(), id.bytes.data()) == 0, "a feed's key is a point");
  return point;
}

inline Bytes32 curve_of(const KeyPair& keys) {
  Bytes32 secret{};
  must(crypto_sign_ed25519_sk_to_curve25519(secret.data(), keys.secret().data()) == 0, "a key has a curve");
  return secret;
}

inline ByteBuf joined(std::initializer_list<ByteView> parts) {
  ByteBuf all;
  for (const ByteView part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline ByteBuf hash_of(std::initializer_list<ByteView> parts) {
  const auto hash = sha256(joined(parts));
  return {hash.begin(), hash.end()};
}

/// An ephemeral key with the MAC of the network in front.
inline ByteBuf challenge(const NetworkKey& network, ByteView point) {
  Bytes32 mac{};
  must(crypto_auth(mac.data(), point.data(), point.size(), network.bytes.data()) == 0, "a MAC is made");
  return joined({mac, point});
}

/// The handshake's boxes have a nonce of zeros.
inline ByteBuf boxed(ByteView plain, ByteView key) {
  const std::array<std::uint8_t, crypto_secretbox_NONCEBYTES> nonce{};
  ByteBuf box(plain.size() + crypto_secretbox_MACBYTES);
  must(crypto_secretbox_easy(box.data(), plain.data(), plain.size(), nonce.data(), key.data()) == 0,
       "a box is made");
  return box;
}

}  // namespace ssblog::fuzz
