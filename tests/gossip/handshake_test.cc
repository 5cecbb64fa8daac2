// SPDX-License-Identifier: MIT
#include "gossip/protocol/handshake.h"

#include "gossip/pieces.h"
#include "vectors.h"

#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>
#include <utility>

using namespace ssblog;

namespace {

/// One vector: both sides with their keys.
struct Transcript {
  explicit Transcript(std::string_view vector)
      : network(*NetworkKey::from(hex_bytes(vector, "app_key"))),
        client(keys_of(member(vector, "client"))),
        server(keys_of(member(vector, "server"))),
        client_ephemeral(hex_bytes(member(member(vector, "client"), "ephemeral"), "secret")),
        server_ephemeral(hex_bytes(member(member(vector, "server"), "ephemeral"), "secret")) {
    const auto messages = member(vector, "messages");
    client_challenge = hex_bytes(messages, "client_challenge");
    server_challenge = hex_bytes(messages, "server_challenge");
    client_auth = hex_bytes(messages, "client_auth");
    server_accept = hex_bytes(messages, "server_accept");
  }

  static KeyPair keys_of(std::string_view side) {
    return *KeyPair::from_secret(hex_bytes(side, "long_term_secret"));
  }

  ClientHandshake client_side() const {
    return {network, client, server.id(), EphemeralKeys::from_secret(ByteView(client_ephemeral).first<32>())};
  }
  ServerHandshake server_side() const {
    return {network, server, EphemeralKeys::from_secret(ByteView(server_ephemeral).first<32>())};
  }

  NetworkKey network;
  KeyPair client;
  KeyPair server;
  ByteBuf client_ephemeral;
  ByteBuf server_ephemeral;
  ByteBuf client_challenge;
  ByteBuf server_challenge;
  ByteBuf client_auth;
  ByteBuf server_accept;
};

Transcript first_transcript(const std::string& file) {
  Items items(member(file, "transcripts"));
  items.next();
  return Transcript(items.value());
}

ByteBuf joined(ByteView a, ByteView b) {
  ByteBuf both(a.begin(), a.end());
  both.insert(both.end(), b.begin(), b.end());
  return both;
}

/// What came of a side: what it sent, whether it was content, what it left in its input.
struct Outcome {
  ByteBuf sent;
  bool refused = false;
  std::string why;
  std::optional<FeedId> peer;
  std::size_t left = 0;
};

/// Runs a client over what its server says, in pieces.
Outcome run_client(const Transcript& transcript, ByteView heard, std::size_t step = 1000) {
  Outcome outcome;
  ClientHandshake handshake = transcript.client_side();
  REQUIRE(handshake.start(outcome.sent));
  for (ByteView in : pieces(heard, step)) {
    const auto session = handshake.take(in, outcome.sent);
    outcome.refused = outcome.refused || !session;
    if (session && *session) outcome.peer = (*session)->peer;
    outcome.left += in.size();
    if (outcome.refused) CHECK(handshake.wanted() == 0);
  }
  return outcome;
}

/// Runs a server that lets everybody in.
Outcome run_server(const Transcript& transcript, ByteView heard, std::size_t step = 1000) {
  Outcome outcome;
  ServerHandshake handshake = transcript.server_side();
  for (ByteView in : pieces(heard, step)) {
    const auto client = handshake.take(in, outcome.sent);
    outcome.refused = outcome.refused || !client;
    if (!client) outcome.why = client.error().text;
    if (client && *client) {
      CHECK(handshake.wanted() == 0);
      CHECK(handshake.accept(outcome.sent).peer == **client);
      outcome.peer = *client;
    }
    outcome.left += in.size();
  }
  return outcome;
}

/// An ephemeral key with the MAC of its network.
ByteBuf challenge(const NetworkKey& network, ByteView key) {
  ByteBuf message(32);
  crypto_auth(message.data(), key.data(), key.size(), network.bytes.data());
  return joined(message, key);
}

void check_session(const Session& session, std::string_view keys, const std::string& side) {
  CHECK(to_hex(session.encryption_key.view()) == wtf8(keys, side + "_encrypt_key"));
  CHECK(to_hex(session.encryption_nonce) == wtf8(keys, side + "_encrypt_nonce"));
  CHECK(to_hex(session.decryption_key.view()) == wtf8(keys, side + "_decrypt_key"));
  CHECK(to_hex(session.decryption_nonce) == wtf8(keys, side + "_decrypt_nonce"));
}

}  // namespace

TEST_CASE("a handshake is the reference's, byte for byte, with its keys and nonces") {
  const auto file = vectors("handshake.json");
  std::size_t count = 0;
  for (Items items(member(file, "transcripts")); items.next(); ++count) {
    CAPTURE(wtf8(items.value(), "name"));
    const Transcript expected(items.value());
    ClientHandshake client = expected.client_side();
    ServerHandshake server = expected.server_side();
    ByteBuf from_client;
    ByteBuf from_server;

    REQUIRE(client.start(from_client));
    CHECK(from_client == expected.client_challenge);
    ByteView in = from_client;
    auto known = server.take(in, from_server);
    REQUIRE(known);
    CHECK_FALSE(*known);
    CHECK(from_server == expected.server_challenge);
    CHECK(server.wanted() == 112);

    from_client.clear();
    in = from_server;
    auto done = client.take(in, from_client);
    REQUIRE(done);
    CHECK_FALSE(*done);
    CHECK(from_client == expected.client_auth);
    CHECK(client.wanted() == 80);

    from_server.clear();
    in = from_client;
    known = server.take(in, from_server);
    REQUIRE(known);
    REQUIRE(*known);
    CHECK(**known == expected.client.id());
    CHECK(from_server.empty());  // before the owner has decided, not a word
    const Session at_server = server.accept(from_server);
    CHECK(from_server == expected.server_accept);

    in = from_server;
    done = client.take(in, from_client);
    REQUIRE(done);
    REQUIRE(*done);
    CHECK(in.empty());
    check_session(**done, member(items.value(), "session"), "client");
    check_session(at_server, member(items.value(), "session"), "server");
    CHECK((*done)->peer == expected.server.id());
    CHECK(at_server.peer == expected.client.id());
    CHECK(client.wanted() == 0);
    CHECK(server.wanted() == 0);
  }
  CHECK(count == 4);
}

TEST_CASE("the bytes may come in any pieces, and none is eaten that belongs to the box stream") {
  const auto file = vectors("handshake.json");
  const Transcript transcript = first_transcript(file);
  const ByteBuf behind(7, 0xee);
  const ByteBuf to_client = joined(joined(transcript.server_challenge, transcript.server_accept), behind);
  const ByteBuf to_server = joined(joined(transcript.client_challenge, transcript.client_auth), behind);
  for (std::size_t step = 1; step <= to_server.size(); ++step) {
    CAPTURE(step);
    const Outcome client = run_client(transcript, to_client, step);
    REQUIRE_FALSE(client.refused);
    REQUIRE(client.peer == transcript.server.id());
    REQUIRE(client.left == behind.size());
    REQUIRE(client.sent == joined(transcript.client_challenge, transcript.client_auth));
    const Outcome server = run_server(transcript, to_server, step);
    REQUIRE_FALSE(server.refused);
    REQUIRE(server.peer == transcript.client.id());
    REQUIRE(server.left == behind.size());
    REQUIRE(server.sent == joined(transcript.server_challenge, transcript.server_accept));
  }
}

TEST_CASE("a message cut short is waited for") {
  const auto file = vectors("handshake.json");
  const Transcript transcript = first_transcript(file);
  const ByteBuf heard = joined(transcript.client_challenge, transcript.client_auth);
  for (std::size_t length = 0; length < heard.size(); ++length) {
    const Outcome server = run_server(transcript, ByteView(heard).first(length));
    REQUIRE_FALSE(server.refused);
    REQUIRE_FALSE(server.peer);
    REQUIRE(server.sent.size() == (length < 64 ? 0 : 64));
  }
}

TEST_CASE("what the reference refuses is refused, and a reflection too") {
  const auto file = vectors("handshake.json");
  const Transcript good = first_transcript(file);
  std::size_t count = 0;
  for (Items items(member(file, "failing")); items.next(); ++count) {
    const auto name = wtf8(items.value(), "name");
    CAPTURE(name);
    const auto step = wtf8(items.value(), "input_to");
    const ByteBuf input = hex_bytes(items.value(), "input");
    Transcript transcript = first_transcript(file);
    if (name.find("server has the key of carol") != std::string::npos) {
      transcript.server = KeyPair::generate();  // any other key
    } else if (name.find("new server ephemeral key") != std::string::npos) {
      transcript.server_ephemeral[5] ^= 1;
    }
    if (wtf8(items.value(), "who") == "server") {
      const bool first = step == "client_challenge";
      const Outcome server =
          run_server(transcript, first ? input : joined(transcript.client_challenge, input));
      CHECK(server.refused);
      CHECK_FALSE(server.peer);
      CHECK(server.sent.size() == (first ? 0 : 64));  // after a wrong message not a word
    } else {
      const bool first = step == "server_challenge";
      const Outcome client = run_client(transcript, first ? input : joined(good.server_challenge, input));
      CHECK(client.refused);
      CHECK_FALSE(client.peer);
      CHECK(client.sent.size() == (first ? 64 : 176));
    }
  }
  CHECK(count == 20);
}

TEST_CASE("every bit that is flipped in a message ends the handshake") {
  const auto file = vectors("handshake.json");
  const Transcript transcript = first_transcript(file);
  const ByteBuf to_server = joined(transcript.client_challenge, transcript.client_auth);
  for (std::size_t bit = 0; bit < to_server.size() * 8; ++bit) {
    CAPTURE(bit);
    ByteBuf wrong = to_server;
    wrong[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const Outcome server = run_server(transcript, wrong);
    REQUIRE(server.refused);
    REQUIRE(server.sent.size() == (bit < 64 * 8 ? 0 : 64));
  }
  const ByteBuf to_client = joined(transcript.server_challenge, transcript.server_accept);
  for (std::size_t bit = 0; bit < to_client.size() * 8; ++bit) {
    CAPTURE(bit);
    ByteBuf wrong = to_client;
    wrong[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    REQUIRE(run_client(transcript, wrong).refused);
  }
}

TEST_CASE("an ephemeral key of low order is refused on either side, with the right MAC") {
  const auto file = vectors("handshake.json");
  const Transcript transcript = first_transcript(file);
  // The points of small order of Curve25519, and spellings of them above the prime.
  const std::vector<std::string> points = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
  for (const auto& point : points) {
    CAPTURE(point);
    const ByteBuf message = challenge(transcript.network, *from_hex(point));
    const Outcome server = run_server(transcript, message);
    CHECK(server.refused);
    CHECK(server.sent.empty());
    CHECK(run_client(transcript, message).refused);
  }
}

TEST_CASE("a long-term key of small order is refused on either side") {
  const auto file = vectors("handshake.json");
  const Transcript transcript = first_transcript(file);
  // The identity, -1, and the others of order 4 and 8.
  for (const char* point : {"0100000000000000000000000000000000000000000000000000000000000000",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "0000000000000000000000000000000000000000000000000000000000000000",
                            "0000000000000000000000000000000000000000000000000000000000000080",
                            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"}) {
    CAPTURE(point);
    const FeedId small = *FeedId::from(*from_hex(point));
    ByteBuf out;
    ClientHandshake client(transcript.network, transcript.client, small,
                           EphemeralKeys::from_secret(ByteView(transcript.client_ephemeral).first<32>()));
    CHECK_FALSE(client.start(out));
    CHECK(out.empty());
    ByteView in = transcript.server_challenge;
    const auto taken = client.take(in, out);
    CHECK((taken && !*taken && out.empty()));

    // A client that knows the server's key and claims to be that point, with a signature of zeros.
    ByteBuf hello(64 + 32);
    hello[0] = 1;
    std::copy(small.bytes.begin(), small.bytes.end(), hello.begin() + 64);
    std::array<std::uint8_t, 32> server_curve;
    REQUIRE(crypto_sign_ed25519_pk_to_curve25519(server_curve.data(), transcript.server.id().bytes.data()) ==
            0);
    const auto product = [&](const std::uint8_t* to) {
      ByteBuf shared(32);
      REQUIRE(crypto_scalarmult(shared.data(), transcript.client_ephemeral.data(), to) == 0);
      return shared;
    };
    const ByteBuf secrets =
        joined(transcript.network.view(),
               joined(product(&transcript.server_challenge[32]), product(server_curve.data())));
    const auto key = sha256(secrets);
    const std::uint8_t nonce[24] = {};
    ByteBuf auth(112);
    crypto_secretbox_easy(auth.data(), hello.data(), hello.size(), nonce, key.data());
    const Outcome server = run_server(transcript, joined(transcript.client_challenge, auth));
    CHECK(server.refused);
    CHECK(server.why == "the handshake failed: the client's key is of low order");
    CHECK(server.sent.size() == 64);
  }
}

TEST_CASE("a client that is not let in hears nothing") {
  const auto file = vectors("handshake.json");
  const Transcript transcript = first_transcript(file);
  ServerHandshake server = transcript.server_side();
  ByteBuf out;
  const ByteBuf heard = joined(transcript.client_challenge, transcript.client_auth);
  ByteView in = heard;
  const auto client = server.take(in, out);
  REQUIRE(client);
  REQUIRE(*client);
  CHECK(out.size() == 64);
  const ByteBuf more(200, 1);
  in = more;
  const auto again = server.take(in, out);  // the key is told once
  CHECK((again && !*again));
  CHECK(in.size() == more.size());
  CHECK(out.size() == 64);
}

TEST_CASE("secret bytes are wiped when they are moved from") {
  const std::array<std::uint8_t, 4> bytes = {1, 2, 3, 4};
  Secret<4> first(bytes);
  Secret<4> second = std::move(first);
  CHECK(to_hex(second.view()) == "01020304");
  CHECK(to_hex(first.view()) == "00000000");  // NOLINT(bugprone-use-after-move)
  first = std::move(second);
  CHECK(to_hex(first.view()) == "01020304");
  CHECK(to_hex(second.view()) == "00000000");  // NOLINT(bugprone-use-after-move)
}
