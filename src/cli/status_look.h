// SPDX-License-Identifier: MIT
// cli/status_look.h - all that the board says of this host and of those that it keeps, read from the store and the daemon.
//
// Used by status. One thread.
#pragma once

#include "board/board.h"
#include "cli/settings.h"
#include "store/daemon_state.h"
#include "store/forks.h"
#include "store/peer_book.h"
#include "store/publish.h"
#include "store/successors.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

struct HostStatus {
  FeedId id;
  std::string name;
  std::optional<int> hops;  ///< none: nobody leads to it
  Seq sequence = 0;
  Millis latest = 0;  ///< as its last message says; 0: there is none
  std::optional<FeedArrival> arrival;
  FeedSize size;
  std::int64_t bytes_a_day = 0;
  Seq behind = 0;                    ///< messages that another host says to hold beyond ours
  std::optional<FeedId> superseded;  ///< by that feed: this one is not expected to grow
  bool greedy = false;               ///< follows more hosts than count
};

struct Status {
  FeedId own;
  Hold hold = Hold::none;
  std::string why_held;  ///< a sentence; empty: it is not
  std::string busy;      ///< why that is not known
  std::optional<DaemonState> daemon;
  std::int64_t store_bytes = 0;  ///< the store and its log
  std::int64_t free_bytes = -1;  ///< of the disk; -1: not known
  std::vector<HostStatus> hosts;
  std::vector<ForkProof> forks;
  std::vector<Succession> conflicts;  ///< old feeds whose owner named two successors
  Board board;
};

/// Waits a moment, no longer, for the turn in which the hold is seen; of everything else one state is read.
Result<Status> look_at_status(const Settings& settings);

}  // namespace ssblog
