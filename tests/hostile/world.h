// SPDX-License-Identifier: MIT
// hostile/world.h - what a case has to its hand: the daemon, its network, connections of every depth, feeds.
//
// A case is a line of a table: what is sent, how deep the connection is, and what has to become of that connection.
// What has to become of the daemon is the same for all, and is looked at during and after each (suite.h).
#pragma once

#include "feed/keys.h"
#include "hostile/caller.h"
#include "hostile/victim.h"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ssblog::hostile {

enum class Depth {
  tcp,            ///< connected, nothing said
  stranger,       ///< hands are shaken; the daemon does not know the key
  followed,       ///< the same with a key that the daemon follows
  ebt,            ///< a stranger with a stream of ebt.replicate, request 1
  local_socket,   ///< the socket of the owner
  publish_socket  ///< the socket of the other users
};

/// What the daemon has to do with the connection.
enum class Fate {
  cut,   ///< it ends it within two seconds
  kept,  ///< it answers on it
  any
};

class World;

/// The attacker's end of a connection, at the depth of its case.
struct Attack {
  World& world;
  Caller& caller;       ///< at Depth::tcp only its socket is of use
  std::string fault{};  ///< what the daemon did wrong, if a case sees it itself

  bool raw(ByteView bytes) { return caller.socket().send(bytes); }
};

struct Case {
  std::string name;
  Depth depth;
  Fate fate;
  std::function<void(Attack&)> attack;
};
using Cases = std::vector<Case>;

/// The world that all cases share.
class World {
 public:
  World(Victim& daemon, const NetworkKey& key, bool is_own)
      : victim(daemon), network(key), own_network(is_own) {}

  /// A connection from an address that was not used before: one case cannot have the next one locked out.
  std::optional<Socket> dial();
  /// From an address that is told.
  std::optional<Socket> dial_from(const std::string& address);
  std::optional<Caller> call(Depth depth);
  std::optional<Caller> call_as(const KeyPair& keys);

  /// An address of this machine that no case used.
  std::string fresh_address();

  Victim& victim;
  const NetworkKey network;
  const bool own_network;                 ///< nothing outside hears what is sent: UDP may be tried
  KeyPair reader = KeyPair::generate();   ///< followed; asks for feeds
  KeyPair giver = KeyPair::generate();    ///< followed; brings feeds
  KeyPair traitor = KeyPair::generate();  ///< followed, and hostile
  std::vector<KeyPair> members;           ///< whom the giver follows: hosts that are wanted here

 private:
  unsigned addresses_ = 0;
};

Cases handshake_cases();
Cases box_cases();
Cases packet_cases();
Cases call_cases();
Cases ebt_cases();
Cases local_cases();

}  // namespace ssblog::hostile
