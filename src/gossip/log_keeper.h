// SPDX-License-Identifier: MIT
// gossip/log_keeper.h - has the log of the daemon's store written back, on a worker: the loop never waits for that.
//
// Used by Node. One checkpoint at a time. On the loop's thread.
//
// How long the log gets: a checkpoint begins at 1 MiB. While messages stream in, none of them ends with an empty log, so
// from 4 MiB on copying rests for its last part; from 16 MiB on it rests as long as a checkpoint is under way. Where a
// program reads one state of the store for long, the log holds all that is written meanwhile; at 256 MiB nothing more is
// copied until that program is done.
#pragma once

#include "loop/timer.h"
#include "loop/work.h"
#include "store/checkpoint.h"
#include "store/store.h"

#include <cstddef>
#include <functional>
#include <string>

namespace ssblog {

class LogKeeper {
 public:
  /// Pages of the store, of 16 KiB.
  struct Limits {
    std::size_t begin = 64;     ///< a checkpoint begins
    std::size_t crowd = 256;    ///< nothing is copied during its last part
    std::size_t wait = 1024;    ///< nor while it is under way
    std::size_t most = 16'384;  ///< nothing is copied any more
  };

  /// Borrows both. `trouble` is told that the log is full, and that it is not any more.
  LogKeeper(Scheduler& scheduler, Store& store, Limits limits,
            std::function<void(const std::string&)> trouble);
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;
  ~LogKeeper();

  bool is_idle() const { return !busy_; }

 private:
  enum class Step { write_back, empty };
  struct Answer {
    std::optional<Checkpointer> checkpointer;
    bool whole = false;  ///< no reader was in the way
    std::optional<Error> error;
  };
  static Answer work(std::optional<Checkpointer> checkpointer, const std::string& path, Step step);
  void committed(std::size_t pages);
  void start(Step step);
  void ended(Step step, Answer answer);
  void set_full(bool full);

  Scheduler& scheduler_;
  Store& store_;
  const Limits limits_;
  std::function<void(const std::string&)> trouble_;
  std::optional<Checkpointer> checkpointer_;  ///< while no worker has it
  Ticket ticket_;
  bool busy_ = false;
  bool full_ = false;      ///< beyond the most pages
  std::size_t pages_ = 0;  ///< in the log, as of the last commit
  std::size_t begun_ = 0;  ///< in the log when the last checkpoint began; 0: the log began anew since
  std::string told_;       ///< the last error
  Timer again_;
};

}  // namespace ssblog
