// SPDX-License-Identifier: MIT
// loop/timer.h - a call after a while.
#pragma once

#include "loop/loop.h"

#include <functional>

namespace ssblog {

/// Calls `due` once, `after` from start(). Nothing is repeated: who wants that starts it again.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> due);

  /// Takes the place of an earlier start.
  void start(std::chrono::milliseconds after);
  void stop();
  bool running() const { return uv_is_active(reinterpret_cast<const uv_handle_t*>(handle_.get())) != 0; }

 private:
  Handle<uv_timer_t> handle_;
  std::unique_ptr<std::function<void()>> due_;
};

}  // namespace ssblog
