// SPDX-License-Identifier: MIT
// hostile/box_cases.cc - behind the handshake: boxes of every wrong length, false MACs, goodbyes where none belongs.
#include "gossip/protocol/limits.h"
#include "hostile/world.h"

#include <sodium.h>

namespace ssblog::hostile {
namespace {

/// A whole box of a body, with a header that announces `length`.
ByteBuf box(const BoxKeys& keys, std::size_t length, ByteView body) {
  BoxNonce nonce = keys.nonce;
  increment(nonce);
  ByteBuf sealed(body.size() + 1);  // never null
  ByteBuf mac(crypto_secretbox_MACBYTES);
  if (crypto_secretbox_detached(sealed.data(), mac.data(), body.empty() ? sealed.data() : body.data(),
                                body.size(), nonce.data(), keys.key.data()) != 0)
    std::abort();
  sealed.resize(body.size());
  ByteBuf out = keys.header(length, mac);
  out.insert(out.end(), sealed.begin(), sealed.end());
  return out;
}

ByteBuf good_body() { return raw_packet(json_type, 2, 77, "{}"); }

}  // namespace

Cases box_cases() {
  Cases cases;
  // The limit itself is good; 0 with a MAC is no goodbye.
  for (const std::size_t length : {0, 4097, 4098, 8192, 16384, 32767, 32768, 65534, 65535}) {
    for (const Depth depth : {Depth::stranger, Depth::followed}) {
      cases.push_back(
          {fmt::format("a box of {} bytes{}", length, depth == Depth::followed ? ", of a friend" : ""), depth,
           Fate::cut,
           [length](Attack& attack) { attack.raw(box(attack.caller.keys(), length, ByteBuf(length, 0))); }});
    }
  }
  cases.push_back({"a box of the most bytes, of a packet that is not over", Depth::stranger, Fate::any,
                   [](Attack& attack) {
                     auto body =
                         raw_packet(stream_flag | json_type, 60'000, 7, std::string(max_box_body, '{'));
                     body.resize(max_box_body);
                     attack.raw(box(attack.caller.keys(), body.size(), body));
                   }});
  for (std::size_t at = 0; at < box_header_bytes + 11; at += 3) {
    cases.push_back(
        {fmt::format("a box with byte {} changed", at), Depth::stranger, Fate::cut, [at](Attack& attack) {
           const auto body = good_body();
           auto bytes = box(attack.caller.keys(), body.size(), body);
           bytes[at] ^= 4;
           attack.raw(bytes);
           // A length that grew waits for more.
           attack.raw(ByteBuf(70'000, 0));
         }});
  }
  for (const std::size_t size : {1, 17, 33, 34, 44}) {
    cases.push_back({fmt::format("{} bytes of a box, then the end", size), Depth::stranger, Fate::cut,
                     [size](Attack& attack) {
                       const auto body = good_body();
                       auto bytes = box(attack.caller.keys(), body.size(), body);
                       bytes.resize(size);
                       attack.raw(bytes);
                       attack.caller.socket().shut();
                     }});
  }
  cases.push_back({"the same box twice", Depth::stranger, Fate::cut, [](Attack& attack) {
                     const auto body = good_body();
                     const auto bytes = box(attack.caller.keys(), body.size(), body);
                     attack.raw(bytes);
                     attack.raw(bytes);
                   }});
  cases.push_back({"a box left out", Depth::stranger, Fate::cut, [](Attack& attack) {
                     BoxKeys keys = attack.caller.keys().copy();
                     increment(keys.nonce);
                     increment(keys.nonce);
                     const auto body = good_body();
                     attack.raw(box(keys, body.size(), body));
                   }});
  cases.push_back({"a goodbye, and more behind it", Depth::stranger, Fate::cut, [](Attack& attack) {
                     attack.raw(attack.caller.keys().header(0, ByteBuf(16, 0)));
                     attack.raw(ByteBuf(100'000, 7));
                   }});
  cases.push_back({"a goodbye in the middle of a packet", Depth::stranger, Fate::cut, [](Attack& attack) {
                     attack.caller.send(raw_packet(stream_flag | json_type, 60'000, 7, "half"));
                     attack.raw(attack.caller.keys().header(0, ByteBuf(16, 0)));
                   }});
  cases.push_back({"a goodbye of which a byte is one", Depth::stranger, Fate::cut, [](Attack& attack) {
                     ByteBuf mac(16, 0);
                     mac[15] = 1;
                     attack.raw(attack.caller.keys().header(0, mac));
                   }});
  cases.push_back({"garbage where a box belongs", Depth::stranger, Fate::cut,
                   [](Attack& attack) { attack.raw(ByteBuf(1 << 20, 0xee)); }});
  cases.push_back({"the first byte of a box, then silence", Depth::stranger, Fate::any,
                   [](Attack& attack) { attack.raw(ByteBuf(1, 1)); }});
  cases.push_back({"reset in the middle of a box", Depth::stranger, Fate::any, [](Attack& attack) {
                     attack.raw(ByteBuf(20, 1));
                     attack.caller.socket().reset();
                   }});
  return cases;
}

}  // namespace ssblog::hostile
