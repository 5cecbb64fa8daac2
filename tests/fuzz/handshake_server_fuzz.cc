// SPDX-License-Identifier: MIT
// fuzz/handshake_server_fuzz.cc - a server of the Secret Handshake and a client that knows all the mathematics.
//
// The promise: nobody is let in who did not sign this very handshake, and the same happens however the bytes are cut.
#include "fuzz/handshake_sides.h"

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

/// What a client sends after the input's wishes, and whether it is what an honest one would send.
struct Wire {
  ByteBuf bytes;
  bool honest = false;
};

Wire make_wire(const Sides& sides, Input& input) {
  const Bytes32 honest_point = public_of(sides.a);
  Bytes32 point = honest_point;
  if (input.coin()) point = input.block<32>();
  // Of a point whose secret it does not know, an attacker can only guess the products: zeros for a low order.
  Bytes32 ab{}, aB{};
  if (point == honest_point) {
    ab = sodium_product(sides.a, public_of(sides.b));
    aB = sodium_product(sides.a, curve_of(sides.server.id()));
  }
  const ByteBuf signed_text = joined({sides.network.bytes, sides.server.id().bytes, hash_of({ab})});
  const Signature signature = sides.client.sign(signed_text, nullptr);
  const ByteBuf honest_hello = joined({signature, sides.client.id().bytes});
  ByteBuf hello = honest_hello;
  if (input.coin()) damage(hello, input);
  if (input.coin())
    std::ranges::copy(input.block<32>(),
                      honest_hello.size() <= hello.size() ? hello.begin() + 64 : hello.begin());
  hello.resize(honest_hello.size());

  Wire wire;
  wire.bytes =
      joined({challenge(sides.network, point), boxed(hello, hash_of({sides.network.bytes, ab, aB}))});
  const ByteBuf before = wire.bytes;
  if (input.coin()) damage(wire.bytes, input);
  wire.honest = point == honest_point && hello == honest_hello && wire.bytes.size() >= before.size() &&
                std::equal(before.begin(), before.end(), wire.bytes.begin());
  return wire;
}

struct Outcome {
  ByteBuf sent;
  std::optional<FeedId> client;
  bool refused = false;
  std::size_t eaten = 0;
  bool operator==(const Outcome&) const = default;
};

void take(ServerHandshake& server, ByteView in, Outcome& outcome) {
  if (outcome.refused || outcome.client) return;
  const std::size_t size = in.size();
  const auto client = server.take(in, outcome.sent);
  outcome.eaten += size - in.size();
  must(outcome.eaten <= 64 + 112, "no byte beyond the handshake is eaten");
  if (!client) {
    outcome.refused = true;
  } else if (*client) {
    outcome.client = **client;
    must(server.accept(outcome.sent).peer == **client, "the session is with whom was let in");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Sides sides;
  Input input(data, size);
  const std::uint8_t seed = input.byte();
  const Wire wire = make_wire(sides, input);

  Outcome whole;
  ServerHandshake at_once = sides.server_side();
  take(at_once, wire.bytes, whole);
  Outcome cut;
  ServerHandshake in_parts = sides.server_side();
  in_pieces(wire.bytes, seed, [&](ByteView piece) { take(in_parts, piece, cut); });

  must(whole == cut, "cuts change nothing");
  must(whole.client.has_value() == wire.honest, "who signed this handshake is let in, and nobody else");
  must(!whole.client || *whole.client == sides.client.id(), "the client is who it is");
  return 0;
}
