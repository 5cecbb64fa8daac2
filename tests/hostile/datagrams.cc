// SPDX-License-Identifier: MIT
// hostile/datagrams.cc - what anybody can send into the LAN: garbage, false signatures, addresses that lead nowhere.
#include "feed/crypto.h"
#include "gossip/protocol/lan_packet.h"
#include "hostile/suite.h"

#include <fmt/format.h>
#include <sodium.h>

namespace ssblog::hostile {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t lan_port = 26830;

/// What the encrypted datagram is made of, put together without a look at it.
ByteBuf seal(const NetworkKey& network, std::string_view object, const KeyPair& signer) {
  ByteBuf datagram(crypto_secretbox_MACBYTES + object.size());
  const ByteView text = as_bytes(object);
  if (crypto_secretbox_easy(datagram.data(), text.data(), text.size(), network.bytes.data(),
                            network.bytes.data()) != 0)
    std::abort();
  const Signature signature = signer.sign(text, nullptr);
  datagram.insert(datagram.end(), signature.begin(), signature.end());
  return datagram;
}

std::string address(const std::string& host, int port, const FeedId& key) {
  return fmt::format("net:{}:{}~shs:{}", host, port, to_base64(key.view()));
}

struct Datagram {
  std::string name;
  ByteBuf bytes;
};

std::vector<Datagram> datagrams(World& world) {
  std::vector<Datagram> all;
  for (const std::size_t size : {0, 1, 15, 16, 79, 80, 81, 4000, 4300, 9000, 65'507})
    all.push_back({fmt::format("{} zero bytes", size), ByteBuf(size, 0)});
  const KeyPair& friendly = world.traitor;
  const std::string here = address("10.0.0.1", 9, friendly.id());
  for (const std::string& object :
       {std::string("{"), std::string("null"), std::string("{}"), std::string(R"({"address":null})"),
        std::string(R"({"address":7})"), std::string(R"({"address":""})"), std::string(3000, '['),
        std::string(R"({"address":"net:~shs:"})"), std::string("{\"address\":\"\xff\xfe\"}"),
        fmt::format(R"({{"address":"{}"}})", std::string(4000, ';')),
        fmt::format(R"({{"address":"{}"}})", address("10.0.0.1", 0, friendly.id())),
        fmt::format(R"({{"address":"{}"}})", address("10.0.0.1", 99999, friendly.id())),
        fmt::format(R"({{"address":"{}"}})", address("a name to be asked for", 8008, friendly.id())),
        fmt::format(R"({{"address":"{}"}})", address("10.0.0.1", 8008, FeedId{}))})
    all.push_back({"signed, with " + object.substr(0, 60), seal(world.network, object, friendly)});
  auto good = encode_lan(here, friendly, world.network);
  for (std::size_t at = 0; at < good.size(); at += good.size() / 12) {
    auto bytes = good;
    bytes[at] ^= 1;
    all.push_back({fmt::format("byte {} changed", at), std::move(bytes)});
  }
  all.push_back({"of another network", encode_lan(here, friendly, NetworkKey{})});
  all.push_back({"signed by another than it names", encode_lan(here, KeyPair::generate(), world.network)});
  all.push_back({"of a friend, at a port where nobody listens", good});
  std::string many;
  for (int i = 1; i <= 50; ++i)
    many +=
        fmt::format("{}{}", many.empty() ? "" : ";", address(fmt::format("10.7.7.{}", i), 9, friendly.id()));
  all.push_back({"of a friend, at 50 places", encode_lan(many, friendly, world.network)});
  return all;
}

}  // namespace

void Suite::run_datagrams() {
  const auto send = [this](ByteView bytes) {
    const auto socket = Socket::udp(world_.fresh_address(), {"10.0.0.1", lan_port});
    return socket && socket->send(bytes);
  };
  for (const Datagram& one : datagrams(world_)) {
    begin_case("a datagram: " + one.name);
    check(send(one.bytes), "nobody listens for datagrams");
    check_served("after it");
  }
  begin_case("10,000 datagrams of one address, and 10,000 of others");
  const auto socket = Socket::udp(world_.fresh_address(), {"10.0.0.1", lan_port});
  if (!check(socket.has_value(), "there is no socket to be had")) return;
  for (int i = 0; i < 10'000; ++i) {
    // Each of another host, true but for the place.
    if (i % 10 == 0) {
      const KeyPair keys = KeyPair::generate();
      send(encode_lan(address(fmt::format("10.8.{}.1", i / 10 % 250), 9, keys.id()), keys, world_.network));
    }
    ByteBuf bytes(300);
    random_bytes(bytes);
    socket->send(bytes);
    send(bytes);
  }
  check_served("after it");
}

}  // namespace ssblog::hostile
