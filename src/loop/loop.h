// SPDX-License-Identifier: MIT
// loop/loop.h - the event loop, and how its handles are owned.
//
// Everything of loop/ belongs to the one thread that runs the loop. The Loop is declared first and destroyed
// last: handles are freed in their close callbacks, which its end still runs. An object never ends itself: it
// tells its owner, as its last act.
#pragma once

#include "feed/result.h"
#include "loop/scheduler.h"

#include <uv.h>

#include <chrono>
#include <memory>
#include <string_view>

namespace ssblog {

class Loop final : public Scheduler {
 public:
  /// Fails where the system has no more file descriptors or memory.
  static Result<Loop> make();

  /// Runs until stop() was called, or nothing is left to wait for.
  void run();
  void stop() { uv_stop(loop_.get()); }

  /// Closes what is to be closed. False: work is under way that cannot be ended (a name that is looked up, a file system
  /// that does not answer), and the end of the loop would wait for it.
  bool settle();

  std::chrono::milliseconds now() const override { return std::chrono::milliseconds(uv_now(loop_.get())); }
  std::chrono::nanoseconds stopwatch() const override { return std::chrono::nanoseconds(uv_hrtime()); }
  std::unique_ptr<Alarm> make_alarm(std::function<void()> due) override;
  void run_elsewhere(std::function<void()> job, std::function<void()> done) override;

  /// As run_elsewhere, on a thread of its own: for a job that may never end, which would hold a worker of the pool. The
  /// loop cannot be closed before it ends; see settle.
  /// @return Code::unavailable where the system has no more threads.
  Result<void> run_apart(std::function<void()> job, std::function<void()> done);

  uv_loop_t* raw() const { return loop_.get(); }

 private:
  struct Close {
    void operator()(uv_loop_t* loop) const;
  };
  explicit Loop(std::unique_ptr<uv_loop_t, Close> loop) : loop_(std::move(loop)) {}
  std::unique_ptr<uv_loop_t, Close> loop_;
};

template <class T>
struct CloseHandle {
  void operator()(T* handle) const {
    handle->data = nullptr;  // no callback finds its owner from here on
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<T*>(closed); });
  }
};

/// An initialised handle; `data` leads to its owner.
template <class T>
using Handle = std::unique_ptr<T, CloseHandle<T>>;

/// What libuv says, as an error: "cannot listen on 127.0.0.1:8008: address already in use".
Error uv_error(std::string_view doing, int code);

}  // namespace ssblog
