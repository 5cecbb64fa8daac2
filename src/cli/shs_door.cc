// SPDX-License-Identifier: MIT
#include "cli/shs_door.h"

#include "gossip/protocol/handshake.h"

#include <fmt/format.h>
#include <sodium.h>

#include <string_view>
#include <utility>

namespace ssblog {
namespace {

/// 32 bytes by their hex, or Code::usage.
template <class Key>
Result<Key> key_of(const std::string& hex, std::string_view name) {
  const auto bytes = from_hex(hex);
  if (const auto key = bytes ? Key::from(*bytes) : std::nullopt) return *key;
  return Error{Code::usage, fmt::format("the {} must be 32 bytes in hex", name)};
}

Result<KeyPair> pair_of(const std::string& secret_hex, const std::string& public_hex) {
  const auto public_key = key_of<FeedId>(public_hex, "public key");
  if (!public_key) return public_key.error();
  auto secret = from_hex(secret_hex);
  if (!secret) return Error{Code::usage, "the secret key must be 64 bytes in hex"};
  auto keys = KeyPair::from_secret(*secret);
  sodium_memzero(secret->data(), secret->size());
  if (!keys) return Error{Code::usage, keys.error().text};
  if (keys->id() != *public_key) {
    return Error{Code::usage, "the public and the secret key do not belong together"};
  }
  return keys;
}

EphemeralKeys fresh_keys() {
  Secret<32> random;
  random_bytes({random.data(), 32});
  return EphemeralKeys::from_secret(random.view().first<32>());
}

/// Reads and says what the handshake wants, byte for byte, until it gives something.
template <class Side>
auto converse(Side& side, const ByteSource& in, const ByteSink& out)
    -> decltype(side.take(std::declval<ByteView&>(), std::declval<ByteBuf&>())) {
  for (;;) {
    ByteBuf block(side.wanted());
    const auto got = in({reinterpret_cast<char*>(block.data()), block.size()});
    if (!got) return got.error();
    if (*got == 0) return Error{Code::data, "the handshake failed: the other side hung up"};
    ByteView bytes = ByteView(block).first(*got);
    ByteBuf answer;
    auto step = side.take(bytes, answer);
    if (!step) return step;
    if (auto sent = out(as_text(answer)); !sent) return sent.error();
    if (*step) return step;
  }
}

Result<void> tell_keys(const Session& session, const ByteSink& out) {
  Secret<112> told;
  std::uint8_t* to = told.data();
  for (const ByteView part : {session.encryption_key.view(), ByteView(session.encryption_nonce),
                              session.decryption_key.view(), ByteView(session.decryption_nonce)}) {
    to = std::copy(part.begin(), part.end(), to);
  }
  return out(as_text(told.view()));
}

}  // namespace

Result<void> speak_as_client(const Words& hex, const ByteSource& in, const ByteSink& out) {
  if (hex.size() != 2) return Error{Code::usage, "shs-client takes NETWORK_ID_HEX SERVER_PUBLIC_HEX"};
  const auto network = key_of<NetworkKey>(hex[0], "network id");
  if (!network) return network.error();
  const auto server = key_of<FeedId>(hex[1], "server's public key");
  if (!server) return server.error();

  const KeyPair own = KeyPair::generate();
  ClientHandshake side(*network, own, *server, fresh_keys());
  ByteBuf challenge;
  if (auto started = side.start(challenge); !started) return started;
  if (auto sent = out(as_text(challenge)); !sent) return sent;
  const auto session = converse(side, in, out);
  return session ? tell_keys(**session, out) : session.error();
}

Result<void> speak_as_server(const Words& hex, const ByteSource& in, const ByteSink& out) {
  if (hex.size() != 3) return Error{Code::usage, "shs-server takes NETWORK_ID_HEX SECRET_HEX PUBLIC_HEX"};
  const auto network = key_of<NetworkKey>(hex[0], "network id");
  if (!network) return network.error();
  const auto own = pair_of(hex[1], hex[2]);
  if (!own) return own.error();

  ServerHandshake side(*network, *own, fresh_keys());
  const auto client = converse(side, in, out);
  if (!client) return client.error();
  ByteBuf accept;
  const Session session = side.accept(accept);
  if (auto sent = out(as_text(accept)); !sent) return sent;
  return tell_keys(session, out);
}

}  // namespace ssblog
