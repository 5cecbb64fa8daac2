// SPDX-License-Identifier: MIT
// view/store_pool.h - stores for the threads that answer, and how many of them read at a time.
//
// Used by the server. A connection to SQLite is opened once and used by one thread at a time. Who asks while all are in use
// waits for a turn: what an answer needs of memory and processor is needed a few times over, however many ask. Any thread.
#pragma once

#include "store/store.h"
#include "view/api.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ssblog {

class StorePool {
 public:
  static constexpr std::size_t most_at_once = 8;

  /// Opens the store at `path` for reading, when it is needed. `patience`: for a turn.
  explicit StorePool(std::string path, std::chrono::milliseconds patience = std::chrono::seconds(15))
      : path_(std::move(path)), patience_(patience) {}

  /// 503 when the store cannot be opened, or no turn came.
  HttpReply with(const std::function<HttpReply(Store&)>& use);

 private:
  bool wait_for_turn();
  void end_turn(std::unique_ptr<Store> store);

  const std::string path_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable turn_over_;
  std::size_t reading_ = 0;
  std::vector<std::unique_ptr<Store>> idle_;
};

}  // namespace ssblog
