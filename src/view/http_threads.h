// SPDX-License-Identifier: MIT
// view/http_threads.h - the threads of the server, one for each connection.
//
// Used by the server. As the library's own pool, but that the others end, and are waited for, when one cannot be started:
// theirs would end the program. `enqueue` and `shutdown` on one thread.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace ssblog {

class HttpThreads final : public httplib::TaskQueue {
 public:
  /// std::system_error when one of them cannot be started.
  explicit HttpThreads(std::size_t count);
  ~HttpThreads() override { shutdown(); }
  HttpThreads(const HttpThreads&) = delete;
  HttpThreads& operator=(const HttpThreads&) = delete;

  /// Newer versions of the library want to know whether it was taken; it always is.
  using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue(nullptr));
  Enqueued enqueue(std::function<void()> task) override {
    put(std::move(task));
    return static_cast<Enqueued>(true);
  }
  /// Returns when all that was put is done.
  void shutdown() override;

 private:
  void put(std::function<void()> task);
  void work();

  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ssblog
