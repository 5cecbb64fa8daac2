// SPDX-License-Identifier: MIT
#include "gossip/protocol/handshake.h"

#include "feed/crypto_sodium.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <initializer_list>
#include <utility>

namespace ssblog {
namespace {

static_assert(crypto_auth_BYTES == 32 && crypto_scalarmult_BYTES == 32 && crypto_secretbox_KEYBYTES == 32);
static_assert(crypto_secretbox_MACBYTES == 16 && crypto_secretbox_NONCEBYTES == 24);
static_assert(crypto_sign_BYTES == std::tuple_size_v<Signature>);

constexpr std::uint8_t zero_nonce[crypto_secretbox_NONCEBYTES] = {};  // each key seals one box

void hash_into(Secret<32>& out, std::initializer_list<ByteView> parts) {
  crypto_hash_sha256_state state;
  must(crypto_hash_sha256_init(&state));
  for (const ByteView part : parts) must(crypto_hash_sha256_update(&state, part.data(), part.size()));
  must(crypto_hash_sha256_final(&state, out.data()));
  sodium_memzero(&state, sizeof state);
}

/// A long-term secret key as one of Curve25519.
Secret<32> curve_secret(const KeyPair& keys) {
  Secret<32> secret;
  must(crypto_sign_ed25519_sk_to_curve25519(secret.data(), keys.secret().data()));
  return secret;
}

/// A long-term public key as one of Curve25519. False when it is no point of the group, or one of small order.
[[nodiscard]] bool curve_public(std::array<std::uint8_t, 32>& out, const FeedId& id) {
  return crypto_sign_ed25519_pk_to_curve25519(out.data(), id.bytes.data()) == 0;
}

void seal(ByteBuf& out, ByteView text, const Secret<32>& key) {
  const std::size_t at = out.size();
  out.resize(at + crypto_secretbox_MACBYTES + text.size());
  must(crypto_secretbox_easy(out.data() + at, text.data(), text.size(), zero_nonce, key.data()));
}

/// `text` has room for the box without its MAC.
[[nodiscard]] bool open(std::uint8_t* text, ByteView box, const Secret<32>& key) {
  return crypto_secretbox_open_easy(text, box.data(), box.size(), zero_nonce, key.data()) == 0;
}

/// What a signature is over. Wiped, for the network key is in it.
class SignedText {
 public:
  SignedText(const NetworkKey& network, ByteView middle, const Secret<32>& ab) {
    Secret<32> hash;
    hash_into(hash, {ab.view()});
    for (const ByteView part : {network.view(), middle, hash.view()}) {
      assert(size_ + part.size() <= sizeof text_);
      std::copy(part.begin(), part.end(), text_.data() + size_);
      size_ += part.size();
    }
  }
  ByteView view() const { return text_.view().first(size_); }

 private:
  Secret<160> text_;
  std::size_t size_ = 0;
};

}  // namespace

EphemeralKeys EphemeralKeys::from_secret(std::span<const std::uint8_t, 32> random) {
  EphemeralKeys keys{Secret<32>(random), {}};
  must(crypto_scalarmult_base(keys.public_key.data(), keys.secret.data()));
  return keys;
}

Handshake::Handshake(const NetworkKey& network, const KeyPair& own, EphemeralKeys ephemeral)
    : network_(network), own_(own), ephemeral_(std::move(ephemeral)) {
  need_sodium();
}

bool Handshake::fill(ByteView& in) {
  const auto piece = in.first(std::min(wanted(), in.size()));
  std::copy(piece.begin(), piece.end(), message_.begin() + static_cast<std::ptrdiff_t>(held_));
  held_ += piece.size();
  in = in.subspan(piece.size());
  return held_ == wanted_;
}

void Handshake::expect(std::size_t bytes) {
  wanted_ = bytes;
  held_ = 0;
}

void Handshake::finish() {
  for (Secret<32>* secret : {&ephemeral_.secret, &ab_, &aB_, &Ab_, &secret2_, &secret3_}) secret->wipe();
  sodium_memzero(hello_.data(), hello_.size());
  sodium_memzero(message_.data(), message_.size());
  expect(0);
}

Error Handshake::refuse(std::string_view why) {
  finish();
  return {Code::data, fmt::format("the handshake failed: {}", why)};
}

void Handshake::send_challenge(ByteBuf& out) {
  const auto& key = ephemeral_.public_key;
  must(crypto_auth(own_mac_.data(), key.data(), key.size(), network_.bytes.data()));
  out.insert(out.end(), own_mac_.begin(), own_mac_.end());
  out.insert(out.end(), key.begin(), key.end());
}

Result<void> Handshake::read_challenge() {
  const ByteView mac = message().first(peer_mac_.size());
  const ByteView key = message().subspan(peer_mac_.size());
  if (crypto_auth_verify(mac.data(), key.data(), key.size(), network_.bytes.data()) != 0) {
    return refuse("the other side is of another network, or no SSB program");
  }
  std::copy(mac.begin(), mac.end(), peer_mac_.begin());
  std::copy(key.begin(), key.end(), peer_ephemeral_.begin());
  // Our own words, sent back: the other side need not know any key for that.
  if (peer_ephemeral_ == ephemeral_.public_key) return refuse("the other side repeats what we say");
  if (!multiply(ab_, ephemeral_.secret, peer_ephemeral_)) return refuse("its ephemeral key is of low order");
  return {};
}

bool Handshake::multiply(Secret<32>& product, const Secret<32>& secret, const PublicKey& point) {
  // libsodium says -1 for a product of zero: a point of low order would make the secret known to everybody.
  return crypto_scalarmult(product.data(), secret.data(), point.data()) == 0;
}

void Handshake::derive_secret2() { hash_into(secret2_, {network_.view(), ab_.view(), aB_.view()}); }

void Handshake::derive_secret3() {
  hash_into(secret3_, {network_.view(), ab_.view(), aB_.view(), Ab_.view()});
}

Signature Handshake::sign_over(ByteView middle) const {
  return own_.sign(SignedText(network_, middle, ab_).view(), nullptr);
}

bool Handshake::peer_signed(const FeedId& peer, ByteView middle, ByteView signature) const {
  Signature copy;
  std::copy(signature.begin(), signature.end(), copy.begin());
  return signature_holds(peer, SignedText(network_, middle, ab_).view(), copy, nullptr);
}

Session Handshake::session(const FeedId& peer) const {
  Session session;
  session.peer = peer;
  Secret<32> secret;
  hash_into(secret, {secret3_.view()});
  // Key and nonce of a direction come from its receiver.
  hash_into(session.encryption_key, {secret.view(), peer.view()});
  hash_into(session.decryption_key, {secret.view(), own_.id().view()});
  std::copy_n(peer_mac_.begin(), session.encryption_nonce.size(), session.encryption_nonce.begin());
  std::copy_n(own_mac_.begin(), session.decryption_nonce.size(), session.decryption_nonce.begin());
  return session;
}

ClientHandshake::ClientHandshake(const NetworkKey& network, const KeyPair& own, const FeedId& server,
                                 EphemeralKeys ephemeral)
    : Handshake(network, own, std::move(ephemeral)), server_(server) {}

Result<void> ClientHandshake::start(ByteBuf& out) {
  PublicKey server;
  if (!curve_public(server, server_)) {
    state_ = State::over;
    return refuse(fmt::format("{} is no key that anybody could hold", to_text(server_)));
  }
  send_challenge(out);
  return {};
}

Result<std::optional<Session>> ClientHandshake::take(ByteView& in, ByteBuf& out) {
  if (state_ == State::challenge && fill(in)) {
    state_ = State::over;
    if (auto read = read_challenge(); !read) return read.error();
    if (auto sent = send_auth(out); !sent) return sent.error();
    state_ = State::accept;
  }
  if (state_ == State::accept && fill(in)) {
    state_ = State::over;
    return read_accept();
  }
  return std::optional<Session>();
}

Result<void> ClientHandshake::send_auth(ByteBuf& out) {
  PublicKey server;
  if (!curve_public(server, server_) || !multiply(aB_, ephemeral_.secret, server)) {
    return refuse("the server's key is of low order");
  }
  ephemeral_.secret.wipe();
  derive_secret2();
  if (!multiply(Ab_, curve_secret(own_), peer_ephemeral_)) return refuse("its ephemeral key is of low order");
  derive_secret3();
  const Signature signature = sign_over(server_.view());
  std::copy(own_.id().bytes.begin(), own_.id().bytes.end(),
            std::copy(signature.begin(), signature.end(), hello_.begin()));
  seal(out, hello_, secret2_);
  expect(accept_bytes);
  return {};
}

Result<std::optional<Session>> ClientHandshake::read_accept() {
  Signature signature;
  if (!open(signature.data(), message(), secret3_)) return refuse("the server's answer does not open");
  if (!peer_signed(server_, hello_, signature))
    return refuse("the server does not hold the key that was dialled");
  auto made = session(server_);
  finish();
  return std::optional(std::move(made));
}

ServerHandshake::ServerHandshake(const NetworkKey& network, const KeyPair& own, EphemeralKeys ephemeral)
    : Handshake(network, own, std::move(ephemeral)) {}

Result<std::optional<FeedId>> ServerHandshake::take(ByteView& in, ByteBuf& out) {
  if (state_ == State::challenge && fill(in)) {
    state_ = State::over;
    if (auto read = read_challenge(); !read) return read.error();
    send_challenge(out);
    expect(auth_bytes);
    state_ = State::auth;
  }
  if (state_ == State::auth && fill(in)) {
    state_ = State::over;
    return read_auth();
  }
  return std::optional<FeedId>();
}

Result<std::optional<FeedId>> ServerHandshake::read_auth() {
  if (!multiply(aB_, curve_secret(own_), peer_ephemeral_)) return refuse("its ephemeral key is of low order");
  derive_secret2();
  if (!open(hello_.data(), message(), secret2_))
    return refuse("the client has dialled another key than ours");
  const ByteView hello = hello_;
  client_ = *FeedId::from(hello.subspan(crypto_sign_BYTES));
  PublicKey client;
  if (!curve_public(client, client_) || !multiply(Ab_, ephemeral_.secret, client)) {
    return refuse("the client's key is of low order");
  }
  ephemeral_.secret.wipe();
  if (!peer_signed(client_, own_.id().view(), hello.first(crypto_sign_BYTES))) {
    return refuse("the client does not hold the key that it names");
  }
  derive_secret3();
  expect(0);
  state_ = State::accept;
  return std::optional(client_);
}

Session ServerHandshake::accept(ByteBuf& out) {
  assert(state_ == State::accept);
  const Signature signature = sign_over(hello_);
  seal(out, signature, secret3_);
  auto made = session(client_);
  state_ = State::over;
  finish();
  return made;
}

}  // namespace ssblog
