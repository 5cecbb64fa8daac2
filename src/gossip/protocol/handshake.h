// SPDX-License-Identifier: MIT
// gossip/protocol/handshake.h - the Secret Handshake: two strangers of one network prove their keys to each other.
//
// Used by gossip, once a connection, before the box stream. Pure: the ephemeral keys are arguments; any thread, one
// thread an object. Secrets are wiped when they are no longer needed. Source: handshake.md (SHS 1).
//
// The client: `start`, then `take` until it gives the session.
// The server: `take` until it gives the client's key; then `accept`, or nothing more is said: drop the object and
// close the connection. Either side closes the connection without a word when `take` gives an error.
//
// Both eat no byte beyond the message they wait for: what follows belongs to the box stream.
#pragma once

#include "feed/id.h"
#include "feed/keys.h"
#include "feed/result.h"
#include "gossip/protocol/secret.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ssblog {

/// What both sides know after the handshake: who the other is, and the keys of the two box streams.
struct Session {
  FeedId peer;
  Secret<32> encryption_key;
  std::array<std::uint8_t, 24> encryption_nonce{};  ///< the first one of what we send
  Secret<32> decryption_key;
  std::array<std::uint8_t, 24> decryption_nonce{};  ///< the first one of what we receive
};

/// The client's ephemeral public key. It is drawn for one connection, and both ends know it: so it names the connection.
using CallKey = std::array<std::uint8_t, 32>;

/// A Curve25519 pair for one connection.
struct EphemeralKeys {
  Secret<32> secret;
  std::array<std::uint8_t, 32> public_key{};

  /// The pair of 32 random bytes.
  static EphemeralKeys from_secret(std::span<const std::uint8_t, 32> random);
};

/// What the two sides share: a message that comes in pieces, and the secrets as they become known.
class Handshake {
 public:
  /// Bytes that are still to come before the next step; 0: none are awaited.
  std::size_t wanted() const { return wanted_ - held_; }

 protected:
  static constexpr std::size_t challenge_bytes = 64;
  static constexpr std::size_t hello_bytes = 96;  ///< signature and public key of the client
  static constexpr std::size_t auth_bytes = 112;
  static constexpr std::size_t accept_bytes = 80;
  using Mac = std::array<std::uint8_t, 32>;
  using Hello = std::array<std::uint8_t, hello_bytes>;
  using PublicKey = std::array<std::uint8_t, 32>;

  /// `own` must live as long.
  Handshake(const NetworkKey& network, const KeyPair& own, EphemeralKeys ephemeral);
  ~Handshake() { finish(); }
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  /// True when the message of `wanted_` bytes has come.
  bool fill(ByteView& in);
  ByteView message() const { return ByteView(message_).first(wanted_); }
  void expect(std::size_t bytes);
  /// Forgets every secret; nothing is awaited any more.
  void finish();
  Error refuse(std::string_view why);

  void send_challenge(ByteBuf& out);
  Result<void> read_challenge();
  /// The product of a secret key and a point, refused when the point is of low order.
  [[nodiscard]] static bool multiply(Secret<32>& product, const Secret<32>& secret, const PublicKey& point);
  void derive_secret2();
  void derive_secret3();
  /// Our signature over the network key, `middle` and the hash of ab.
  Signature sign_over(ByteView middle) const;
  [[nodiscard]] bool peer_signed(const FeedId& peer, ByteView middle, ByteView signature) const;
  Session session(const FeedId& peer) const;

  const NetworkKey network_;
  const KeyPair& own_;
  EphemeralKeys ephemeral_;  ///< x or y
  Mac own_mac_{};
  Mac peer_mac_{};
  PublicKey peer_ephemeral_{};  ///< Y or X
  Secret<32> ab_;               ///< ephemeral and ephemeral
  Secret<32> aB_;               ///< the client's ephemeral, the server's long-term
  Secret<32> Ab_;               ///< the client's long-term, the server's ephemeral
  Secret<32> secret2_;
  Secret<32> secret3_;
  Hello hello_{};  ///< the client's key is in it, and no third party may see that

 private:
  std::array<std::uint8_t, auth_bytes> message_{};
  std::size_t wanted_ = challenge_bytes;
  std::size_t held_ = 0;
};

/// The side that dials and knows whom.
class ClientHandshake : private Handshake {
 public:
  /// `own` must live as long.
  ClientHandshake(const NetworkKey& network, const KeyPair& own, const FeedId& server,
                  EphemeralKeys ephemeral);
  using Handshake::wanted;
  const CallKey& call_key() const { return ephemeral_.public_key; }

  /// Appends the first message. Code::data when `server` is no key that anybody could hold.
  Result<void> start(ByteBuf& out);

  /// Takes what it needs off the front of `in` and appends the answers.
  /// @return the session, nothing until more bytes come, or why the server is refused.
  Result<std::optional<Session>> take(ByteView& in, ByteBuf& out);

 private:
  enum class State { challenge, accept, over };
  Result<void> send_auth(ByteBuf& out);
  Result<std::optional<Session>> read_accept();

  const FeedId server_;
  State state_ = State::challenge;
};

/// The side that is dialled and learns by whom.
class ServerHandshake : private Handshake {
 public:
  /// `own` must live as long.
  ServerHandshake(const NetworkKey& network, const KeyPair& own, EphemeralKeys ephemeral);
  using Handshake::wanted;
  /// From when `take` gave the client's key on: then it is proven that the client drew it.
  const CallKey& call_key() const { return peer_ephemeral_; }

  /// Takes what it needs off the front of `in` and appends the answers.
  /// @return the client's key, proven: now it is for the owner to `accept` or not. Nothing until more bytes come, or
  ///         why the client is refused.
  Result<std::optional<FeedId>> take(ByteView& in, ByteBuf& out);

  /// Appends the last message. To be called once, after `take` gave the client's key.
  Session accept(ByteBuf& out);

 private:
  enum class State { challenge, auth, accept, over };
  Result<std::optional<FeedId>> read_auth();

  State state_ = State::challenge;
  FeedId client_;
};

}  // namespace ssblog
