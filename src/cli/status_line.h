// SPDX-License-Identifier: MIT
// cli/status_line.h - how everything stands, in one line of the daemon's log each few minutes; no message of the feed.
//
// Used by the daemon where config.toml says `[daemon] status_interval = "5m"`. The board is read on a worker. On the loop's
// thread.
#pragma once

#include "loop/timer.h"
#include "loop/work.h"
#include "store/daemon_state.h"

#include <chrono>
#include <functional>
#include <string>

namespace ssblog {

class StatusLine {
 public:
  struct Options {
    Home home;
    FeedId own;
    Millis not_seen = 0;  ///< of a host, in ms: then it does not count as up
    std::chrono::milliseconds interval{0};
    std::function<DaemonState()> state;
    std::function<void(const std::string&)> say;
  };
  StatusLine(Scheduler& scheduler, Options options);

 private:
  static std::string line_of(const Options& options, const DaemonState& state);
  void look();

  Scheduler& scheduler_;
  const Options options_;
  Ticket ticket_;
  Timer next_;
};

}  // namespace ssblog
