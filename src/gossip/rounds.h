// SPDX-License-Identifier: MIT
// gossip/rounds.h - rounds of `sync`: when has everything been exchanged with whoever can be reached?
//
// Used by Node. Nobody can know that nothing more will come; a round is over when all dials have come to an end, all
// notes are exchanged, nothing is left to send or to fetch, and it has been so for a moment. On the loop's thread; looks
// again and again while a round is under way, and only then.
#pragma once

#include "loop/timer.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace ssblog {

class Rounds {
 public:
  /// How the node stands at a moment.
  struct Look {
    bool under_way = false;  ///< a dial, a handshake, first notes, bytes to be sent or stored
    bool lacking = false;    ///< somebody claims what is not here
    bool streams = false;  ///< somebody speaks createHistoryStream, where only silence says that all is sent
    std::uint64_t moved = 0;  ///< grows with every message that comes or goes
    std::size_t met = 0;      ///< hosts that are connected
  };
  struct Outcome {
    std::size_t met = 0;
    bool whole = false;  ///< nothing is lacking that somebody claims
  };

  Rounds(Scheduler& scheduler, std::function<Look()> look);

  /// Calls `over` once, at the latest when nothing has moved for a minute.
  void begin(std::function<void(const Outcome&)> over);

 private:
  struct Round {
    std::function<void(const Outcome&)> over;
    std::chrono::milliseconds begun;
  };
  void check();

  Scheduler& scheduler_;
  std::function<Look()> look_;
  std::vector<Round> rounds_;
  std::uint64_t moved_ = 0;
  std::chrono::milliseconds moved_at_{0}, quiet_since_{0};
  Timer next_;
};

}  // namespace ssblog
