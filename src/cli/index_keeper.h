// SPDX-License-Identifier: MIT
// cli/index_keeper.h - keeps the index of search up to date, in the daemon: on a worker, in small steps.
//
// Used by the daemon where config.toml says `[search] index = true`. The store is read by a connection of its own. On the
// loop's thread.
#pragma once

#include "loop/timer.h"
#include "loop/work.h"
#include "store/home.h"
#include "store/search_index.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ssblog {

class IndexKeeper {
 public:
  /// `trouble` is told what is wrong, once.
  IndexKeeper(Scheduler& scheduler, Home home, std::function<void(const std::string&)> trouble);

 private:
  /// What a worker has while it is at work, and nobody else.
  struct Tools {
    std::unique_ptr<Store> store;  // the index points at it
    std::optional<SearchIndex> index;
    std::int64_t version = -1;  ///< of the store, when all of it was taken
  };
  struct Answer {
    Tools tools;
    Result<std::uint64_t> left;  ///< messages that are not in it yet
  };
  static Answer step(Tools tools, const Home& home);
  void start();
  void ended(Answer answer);

  Scheduler& scheduler_;
  const Home home_;
  std::function<void(const std::string&)> trouble_;
  std::string told_;
  Tools tools_;  ///< while no worker has them
  Ticket ticket_;
  Timer next_;
};

}  // namespace ssblog
