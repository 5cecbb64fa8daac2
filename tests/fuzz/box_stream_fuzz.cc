// SPDX-License-Identifier: MIT
// fuzz/box_stream_fuzz.cc - an encrypted stream, changed on its way by somebody with or without the key.
//
// The promises: what comes out is the beginning of what went in, and nobody can end it early unnoticed.
#include "fuzz/input.h"
#include "gossip/protocol/box_stream.h"
#include "gossip/protocol/limits.h"

#include <sodium.h>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

/// Another one for each input: what inputs give each other must not open.
std::array<std::uint8_t, 32> key_bytes;
const BoxNonce first_nonce{9};

struct Outcome {
  ByteBuf plain;
  bool refused = false;
  bool over = false;
  bool operator==(const Outcome&) const = default;
};

void take(BoxReader& reader, ByteView in, Outcome& outcome) {
  while (!outcome.refused) {
    const std::size_t before = in.size();
    const auto body = reader.next(in);
    outcome.refused = !body;
    if (!body || !*body) break;
    must(!(*body)->empty() && (*body)->size() <= max_box_body, "a body has 1 to 4096 bytes");
    must(in.size() < before, "a body costs bytes");
    outcome.plain.insert(outcome.plain.end(), (*body)->begin(), (*body)->end());
  }
  must(outcome.refused || in.empty(), "all bytes are eaten");
  outcome.over = reader.is_over();
}

Outcome read(ByteView wire, std::uint8_t seed) {
  Outcome whole, cut;
  BoxReader at_once(Secret<32>(key_bytes), first_nonce);
  BoxReader in_parts(Secret<32>(key_bytes), first_nonce);
  take(at_once, wire, whole);
  in_pieces(wire, seed, [&](ByteView piece) { take(in_parts, piece, cut); });
  must(whole == cut, "cuts change nothing");
  return whole;
}

/// Somebody on the way, without the key.
void stranger(Input& input, std::uint8_t seed) {
  BoxWriter writer(Secret<32>(key_bytes), first_nonce);
  ByteBuf plain, wire;
  for (int parts = input.byte() % 6; parts > 0; --parts) {
    const std::size_t size = input.below(10'000);
    const ByteBuf part(size, input.byte());
    writer.append(part, wire);
    plain.insert(plain.end(), part.begin(), part.end());
  }
  writer.goodbye(wire);
  const ByteBuf honest = wire;
  damage(wire, input);
  const Outcome got = read(wire, seed);
  must(got.plain.size() <= plain.size() && std::equal(got.plain.begin(), got.plain.end(), plain.begin()),
       "what comes out is the beginning of what went in");
  const bool begins_alike =
      wire.size() >= honest.size() && std::equal(honest.begin(), honest.end(), wire.begin());
  must(got.over == begins_alike, "the end is heard if all came as it was, and only then");
  must(!got.over || got.plain == plain, "behind the goodbye nothing is missing");
}

/// A peer with the key, who puts anything into the headers.
void liar(Input& input, std::uint8_t seed) {
  ByteBuf wire;
  BoxNonce nonce = first_nonce;
  for (int boxes = input.byte() % 4; boxes >= 0; --boxes) {
    const ByteView body = input.bytes(input.below(5000));
    BoxNonce body_nonce = nonce;
    increment(body_nonce);
    ByteBuf box(body.size() + crypto_secretbox_MACBYTES);
    must(
        crypto_secretbox_easy(box.data(), body.data(), body.size(), body_nonce.data(), key_bytes.data()) == 0,
        "a box is made");
    std::array<std::uint8_t, 18> head{};
    head[0] = static_cast<std::uint8_t>(body.size() >> 8);
    head[1] = static_cast<std::uint8_t>(body.size());
    std::copy_n(box.begin(), 16, head.begin() + 2);
    if (input.coin()) head[0] = input.byte();
    if (input.coin()) head[1] = input.byte();
    std::array<std::uint8_t, box_header_bytes> sealed{};
    must(crypto_secretbox_easy(sealed.data(), head.data(), head.size(), nonce.data(), key_bytes.data()) == 0,
         "a header is made");
    wire.insert(wire.end(), sealed.begin(), sealed.end());
    wire.insert(wire.end(), box.begin() + 16, box.end());
    increment(nonce);
    increment(nonce);
  }
  read(wire, seed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  must(crypto_generichash(key_bytes.data(), key_bytes.size(), data, size, nullptr, 0) == 0, "a key is made");
  Input input(data, size);
  const std::uint8_t seed = input.byte();
  if (input.coin())
    stranger(input, seed);
  else
    liar(input, seed);
  return 0;
}
