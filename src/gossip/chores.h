// SPDX-License-Identifier: MIT
// gossip/chores.h - small writes to the store that nobody waits for.
//
// Used by Node and Replicator. What waits is written in one transaction; where another process has the store's turn,
// or the disk is full, it is tried again: the loop never waits. A chore may be run more than once, until its
// transaction is committed. On the loop's thread.
#pragma once

#include "loop/timer.h"
#include "store/batch.h"

#include <functional>
#include <vector>

namespace ssblog {

class Chores {
 public:
  using Chore = std::function<Result<void>(Batch&)>;

  /// Borrows both; `store` must not wait for other writers. `clock` is ms since 1970.
  /// `done` is called when what waited is committed.
  Chores(Scheduler& scheduler, Store& store, std::function<Millis()> clock, std::function<void()> done);

  /// `urgent` ones are written where others must wait: when the log of the store is full.
  void add(Chore chore, bool urgent = false);
  bool is_idle() const { return waiting_.empty(); }

  /// Runs what waits, once; what fails now fails for good. For the end of the daemon.
  void finish();

 private:
  Result<void> run();
  Store& store_;
  std::function<Millis()> clock_;
  std::function<void()> done_;
  std::vector<Chore> waiting_;
  bool urgent_ = false;  ///< one of them is
  Timer soon_;
};

}  // namespace ssblog
