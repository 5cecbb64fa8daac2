// SPDX-License-Identifier: MIT
// fuzz/handshake_client_fuzz.cc - a client of the Secret Handshake and a server that knows all the mathematics.
//
// The promise: only the host that was dialled is believed, and the same happens however the bytes are cut.
#include "fuzz/handshake_sides.h"

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

struct Wire {
  ByteBuf bytes;
  bool honest = false;
};

/// `hello`: the client's signature and key, as it sends them to the honest server.
Wire make_wire(const Sides& sides, ByteView hello, Input& input) {
  const Bytes32 honest_point = public_of(sides.b);
  Bytes32 point = honest_point;
  if (input.coin()) point = input.block<32>();
  Bytes32 ab{}, aB{}, Ab{};
  if (point == honest_point) {
    ab = sodium_product(sides.b, public_of(sides.a));
    Ab = sodium_product(sides.b, curve_of(sides.client.id()));
    aB = sodium_product(curve_of(sides.server), public_of(sides.a));
  }
  const ByteBuf signed_text = joined({sides.network.bytes, hello, hash_of({ab})});
  const Signature honest = sides.server.sign(signed_text, nullptr);
  ByteBuf signature(honest.begin(), honest.end());
  if (input.coin()) damage(signature, input);
  if (input.coin()) {
    const Signature others = keys_of(input.byte()).sign(signed_text, nullptr);
    signature.assign(others.begin(), others.end());
  }
  signature.resize(honest.size());

  Wire wire;
  wire.bytes =
      joined({challenge(sides.network, point), boxed(signature, hash_of({sides.network.bytes, ab, aB, Ab}))});
  const ByteBuf before = wire.bytes;
  if (input.coin()) damage(wire.bytes, input);
  wire.honest = point == honest_point && std::ranges::equal(signature, honest) &&
                wire.bytes.size() >= before.size() &&
                std::equal(before.begin(), before.end(), wire.bytes.begin());
  return wire;
}

struct Outcome {
  ByteBuf sent;
  bool session = false;
  bool refused = false;
  bool operator==(const Outcome&) const = default;
};

void take(ClientHandshake& client, ByteView in, Outcome& outcome) {
  if (outcome.refused || outcome.session) return;
  const auto session = client.take(in, outcome.sent);
  outcome.refused = !session;
  if (session && *session) outcome.session = true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Sides sides;
  Input input(data, size);
  const std::uint8_t seed = input.byte();
  const Bytes32 ab = sodium_product(sides.a, public_of(sides.b));
  const Signature signature =
      sides.client.sign(joined({sides.network.bytes, sides.server.id().bytes, hash_of({ab})}), nullptr);
  const ByteBuf hello = joined({signature, sides.client.id().bytes});
  const Wire wire = make_wire(sides, hello, input);

  Outcome whole, cut;
  ClientHandshake at_once = sides.client_side();
  ClientHandshake in_parts = sides.client_side();
  must(bool(at_once.start(whole.sent)) && bool(in_parts.start(cut.sent)), "a handshake begins");
  take(at_once, wire.bytes, whole);
  in_pieces(wire.bytes, seed, [&](ByteView piece) { take(in_parts, piece, cut); });

  must(whole == cut, "cuts change nothing");
  must(whole.session == wire.honest, "the host that was dialled is believed, and nobody else");
  return 0;
}
