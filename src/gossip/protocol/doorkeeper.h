// SPDX-License-Identifier: MIT
// gossip/protocol/doorkeeper.h - whom not to hear for a while: addresses that only knock, hosts that sent rubbish.
//
// Used by Node. Pure: time comes in as an argument. Its memory is bounded. Source: reliability.md, 2.4.
#pragma once

#include "feed/id.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace ssblog {

class Doorkeeper {
 public:
  using Time = std::chrono::milliseconds;  ///< on a clock that never jumps

  /// Somebody connected from an IP address. False: too many from there did not prove who they are; not to be heard.
  bool lets_in(const std::string& address, Time now);
  /// ... and has proved who it is: it counts as no stranger.
  void knows(const std::string& address);

  /// A host sent what cannot be of a feed, too often: neither dialled nor heard for a time that doubles each time.
  /// @return how long.
  Time punish(const FeedId& host, Time now);
  bool is_punished(const FeedId& host, Time now) const;
  /// When the next punishment ends; nothing: nobody is punished.
  std::optional<Time> next_end(Time now) const;

 private:
  struct Knocks {
    std::size_t count = 0;
    Time since{0};
    std::optional<Time> silent_until;
  };
  struct Penalty {
    Time length{0};
    Time until{0};
  };
  std::map<std::string, Knocks> knocks_;
  std::map<FeedId, Penalty> penalties_;
};

}  // namespace ssblog
