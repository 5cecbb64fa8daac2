// SPDX-License-Identifier: MIT
// gossip/protocol/own_key_watch.h - our own key in the hands of somebody else: where to look for a copy of this host, and
// how to tell one from ourselves.
//
// Used by Node. An announcement of our key proves nothing, and costs a few dials a minute at most; whoever is there must
// prove the key in a handshake. An address may lead back to us (NAT, a forwarded port, a tunnel): then our own server
// sees a call that we made. Pure: the time is an argument.
#pragma once

#include "gossip/protocol/address.h"
#include "gossip/protocol/handshake.h"

#include <chrono>
#include <map>
#include <string>

namespace ssblog {

class OwnKeyWatch {
 public:
  using Time = std::chrono::milliseconds;  ///< on a clock that never jumps

  static constexpr Time pause = std::chrono::minutes(1);  ///< between two dials of an address

  /// True: dial it now. An address counts once in a while, and so many do at all (limits.h).
  bool is_worth_a_dial(const Address& address, Time now);

  /// We call somebody who is said to have our key.
  void calls(const CallKey& call, Time now);
  /// Whether it was us who made a call, also when we have given it up: it may be on its way for as long as a handshake
  /// takes at either end.
  bool is_ours(const CallKey& call, Time now);

  /// Every address is worth a dial again: a person said that there is no copy.
  void forget() { tried_.clear(); }

 private:
  std::map<std::string, Time> tried_;  ///< by place; not more than the limit
  std::map<CallKey, Time> calls_;      ///< not more than there are dials in a while
};

}  // namespace ssblog
