// SPDX-License-Identifier: MIT
// hostile/handshake_cases.cc - before the handshake is done: no bytes, wrong bytes, every field cut, zeroed, flipped.
#include "feed/crypto.h"
#include "hostile/world.h"

#include <sodium.h>

#include <algorithm>

namespace ssblog::hostile {
namespace {

using namespace std::chrono_literals;

/// Points of small order of Curve25519, u as 32 bytes, and of the same with the highest bit set, which is masked.
std::vector<std::string> low_order_points() {
  std::vector<std::string> points = {"0000000000000000000000000000000000000000000000000000000000000000",
                                     "0100000000000000000000000000000000000000000000000000000000000000",
                                     "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                     "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                                     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                     "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                     "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
  for (std::size_t i = 0, count = points.size(); i < count; ++i) {
    std::string high = points[i];
    high[62] = high[62] == '0' ? '8' : high[62] == '5' ? 'd' : high[62] == 'b' ? '3' : 'f';
    if (high[62] != points[i][62]) points.push_back(high);
  }
  return points;
}

/// Public keys of small order of Ed25519: the identity, the point of order two, one of order four, one of order eight.
const std::vector<std::string> low_order_keys = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"};

/// The first message: the HMAC of a key under the network key, and that key.
ByteBuf challenge(const NetworkKey& network, ByteView key) {
  ByteBuf message(crypto_auth_BYTES);
  if (crypto_auth(message.data(), key.data(), key.size(), network.bytes.data()) != 0) std::abort();
  message.insert(message.end(), key.begin(), key.end());
  return message;
}

ByteBuf random_of(std::size_t size) {
  ByteBuf bytes(size);
  random_bytes(bytes);
  return bytes;
}

/// A client that is true up to its second message, which is given to `spoil` first.
void spoil_auth(Attack& attack, const std::function<void(ByteBuf&)>& spoil) {
  const KeyPair keys = KeyPair::generate();
  ClientHandshake handshake(attack.world.network, keys, attack.world.victim.id(), fresh_ephemeral());
  ByteBuf out, in;
  if (!handshake.start(out) || !attack.raw(out)) return;
  out.clear();
  const Moment deadline = from_now(2s);
  while (out.empty() && attack.caller.socket().read(in, deadline) == Heard::bytes) {
    ByteView rest = in;
    const auto taken = handshake.take(rest, out);
    in.assign(rest.begin(), rest.end());
    if (!taken) return;
  }
  spoil(out);
  attack.raw(out);
}

/// The attack of 2022: nothing is known of the server's key, the shared secrets are zero, the signature fits any text.
void low_order_login(Attack& attack, const ByteBuf& point, const ByteBuf& key) {
  const NetworkKey& network = attack.world.network;
  attack.raw(challenge(network, point));
  ByteBuf hash_of_zero(32), text(32), secret2(32), hello(96), zero(32);
  ByteBuf input(network.bytes.begin(), network.bytes.end());
  input.insert(input.end(), 64, 0);  // ab and aB
  crypto_hash_sha256(secret2.data(), input.data(), input.size());
  hello[0] = 1;  // R is the identity, S is zero
  std::copy(key.begin(), key.end(), hello.begin() + 64);
  ByteBuf box(hello.size() + crypto_secretbox_MACBYTES);
  const ByteBuf nonce(crypto_secretbox_NONCEBYTES);
  if (crypto_secretbox_easy(box.data(), hello.data(), hello.size(), nonce.data(), secret2.data()) != 0)
    std::abort();
  attack.raw(box);
}

void add_first_messages(Cases& cases) {
  for (const std::size_t size : {0, 1, 31, 32, 33, 63}) {
    cases.push_back({fmt::format("{} bytes of a first message, then the end", size), Depth::tcp, Fate::cut,
                     [size](Attack& attack) {
                       auto bytes = challenge(attack.world.network, fresh_ephemeral().public_key);
                       bytes.resize(size);
                       attack.raw(bytes);
                       attack.caller.socket().shut();
                     }});
    cases.push_back({fmt::format("{} bytes of a first message, then silence", size), Depth::tcp, Fate::any,
                     [size](Attack& attack) {
                       auto bytes = challenge(attack.world.network, fresh_ephemeral().public_key);
                       bytes.resize(size);
                       attack.raw(bytes);
                     }});
  }
  for (std::size_t at = 0; at < 64; at += 4) {
    cases.push_back({fmt::format("a first message with byte {} changed", at), Depth::tcp, Fate::cut,
                     [at](Attack& attack) {
                       auto bytes = challenge(attack.world.network, fresh_ephemeral().public_key);
                       bytes[at] ^= 1;
                       attack.raw(bytes);
                     }});
  }
  const auto whole = [&](const std::string& name, std::function<ByteBuf(World&)> make) {
    cases.push_back(
        {name, Depth::tcp, Fate::cut, [make](Attack& attack) { attack.raw(make(attack.world)); }});
  };
  whole("64 zero bytes", [](World&) { return ByteBuf(64, 0); });
  whole("64 bytes of ones", [](World&) { return ByteBuf(64, 255); });
  whole("64 random bytes", [](World&) { return random_of(64); });
  whole("100,000 random bytes", [](World&) { return random_of(100'000); });
  whole("a first message of another network",
        [](World&) { return challenge(NetworkKey{}, fresh_ephemeral().public_key); });
  whole("HTTP", [](World&) {
    const std::string text =
        "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a browser of some kind\r\n\r\n";
    return ByteBuf(text.begin(), text.end());
  });
  whole("TLS", [](World&) {
    ByteBuf bytes = random_of(200);
    const std::array<std::uint8_t, 6> begin = {0x16, 3, 1, 0, 195, 1};
    std::copy(begin.begin(), begin.end(), bytes.begin());
    return bytes;
  });
  for (const std::string& point : low_order_points()) {
    whole("an ephemeral key of low order: " + point,
          [point](World& world) { return challenge(world.network, *from_hex(point)); });
  }
}

void add_second_messages(Cases& cases) {
  const auto spoilt = [&](const std::string& name, Fate fate, std::function<void(ByteBuf&)> spoil) {
    cases.push_back({name, Depth::tcp, fate, [spoil](Attack& attack) { spoil_auth(attack, spoil); }});
  };
  for (std::size_t at = 0; at < 112; at += 8) {
    spoilt(fmt::format("a second message with byte {} changed", at), Fate::cut,
           [at](ByteBuf& bytes) { bytes[at] ^= 0x80; });
  }
  for (const std::size_t size : {1, 16, 111})
    spoilt(fmt::format("{} bytes of a second message, then silence", size), Fate::any,
           [size](ByteBuf& bytes) { bytes.resize(size); });
  spoilt("a second message of zeros", Fate::cut, [](ByteBuf& bytes) { bytes.assign(112, 0); });
  spoilt("a second message that is random", Fate::cut, [](ByteBuf& bytes) { bytes = random_of(112); });
  spoilt("garbage right behind a good second message", Fate::cut,
         [](ByteBuf& bytes) { bytes.insert(bytes.end(), 4000, 0x5a); });
  cases.push_back({"what the daemon says, said back to it", Depth::tcp, Fate::cut, [](Attack& attack) {
                     attack.raw(challenge(attack.world.network, fresh_ephemeral().public_key));
                     ByteBuf said;
                     attack.caller.socket().read(said, from_now(2s));
                     said.resize(112);
                     attack.raw(said);
                   }});
  cases.push_back({"a client that dials another key", Depth::tcp, Fate::cut, [](Attack& attack) {
                     const KeyPair keys = KeyPair::generate(), other = KeyPair::generate();
                     ClientHandshake handshake(attack.world.network, keys, other.id(), fresh_ephemeral());
                     ByteBuf out, in;
                     if (!handshake.start(out) || !attack.raw(out)) return;
                     out.clear();
                     if (attack.caller.socket().read(in, from_now(2s)) != Heard::bytes) return;
                     ByteView rest = in;
                     if (handshake.take(rest, out)) attack.raw(out);
                   }});
  for (const std::string& point : low_order_points()) {
    for (const std::string& key : low_order_keys) {
      if (point.ends_with("ff") && key != low_order_keys.front()) continue;
      cases.push_back({fmt::format("a login with low order, {}/{}", point.substr(0, 8), key.substr(0, 8)),
                       Depth::tcp, Fate::cut, [point, key](Attack& attack) {
                         low_order_login(attack, *from_hex(point), *from_hex(key));
                       }});
    }
  }
}

}  // namespace

Cases handshake_cases() {
  Cases cases;
  cases.push_back(
      {"connected and gone", Depth::tcp, Fate::cut, [](Attack& attack) { attack.caller.socket().shut(); }});
  cases.push_back({"connected and silent", Depth::tcp, Fate::any, [](Attack&) {}});
  cases.push_back({"reset after 70 bytes", Depth::tcp, Fate::any, [](Attack& attack) {
                     attack.raw(challenge(attack.world.network, fresh_ephemeral().public_key));
                     attack.caller.socket().reset();
                   }});
  add_first_messages(cases);
  add_second_messages(cases);
  return cases;
}

}  // namespace ssblog::hostile
