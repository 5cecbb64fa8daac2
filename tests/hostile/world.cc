// SPDX-License-Identifier: MIT
#include "hostile/world.h"

namespace ssblog::hostile {

std::string World::fresh_address() {
  const unsigned number = ++addresses_;
  // All of 127/8 is loopback; in a network of our own, all of 10/8 lies there too, and is no loopback to the daemon.
  return fmt::format("{}.{}.{}.{}", own_network ? 10 : 127, 1 + number / 62500 % 250, 1 + number / 250 % 250,
                     1 + number % 250);
}

std::optional<Socket> World::dial() { return dial_from(fresh_address()); }

std::optional<Socket> World::dial_from(const std::string& address) {
  return Socket::tcp(address, {address.starts_with("127.") ? "127.0.0.1" : "10.0.0.1", victim.port()});
}

std::optional<Caller> World::call_as(const KeyPair& keys) {
  auto socket = dial();
  return socket ? Caller::shake(std::move(*socket), network, keys, victim.id()) : std::nullopt;
}

std::optional<Caller> World::call(Depth depth) {
  switch (depth) {
    case Depth::tcp:
    case Depth::local_socket:
    case Depth::publish_socket: {
      auto socket = depth == Depth::tcp            ? dial()
                    : depth == Depth::local_socket ? Socket::unix_stream(victim.socket_path())
                                                   : Socket::unix_stream(victim.publish_path());
      if (!socket) return std::nullopt;
      return Caller::plain(std::move(*socket));
    }
    case Depth::followed:
      return call_as(traitor);
    case Depth::stranger:
      return call_as(KeyPair::generate());
    case Depth::ebt: {
      auto caller = call_as(KeyPair::generate());
      if (caller && !caller->call("duplex", 1, R"(["ebt","replicate"])", R"([{"version":3}])"))
        return std::nullopt;
      return caller;
    }
  }
  return std::nullopt;
}

}  // namespace ssblog::hostile
