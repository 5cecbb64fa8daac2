// SPDX-License-Identifier: MIT
// loop/timer.h - a call after a while.
#pragma once

#include "loop/scheduler.h"

#include <utility>

namespace ssblog {

/// Calls `due` once, `after` from start(). Nothing is repeated: who wants that starts it again.
class Timer {
 public:
  Timer(Scheduler& scheduler, std::function<void()> due) : alarm_(scheduler.make_alarm(std::move(due))) {}

  /// Takes the place of an earlier start.
  void start(std::chrono::milliseconds after) { alarm_->start(after); }
  void stop() { alarm_->stop(); }
  bool running() const { return alarm_->running(); }

 private:
  std::unique_ptr<Alarm> alarm_;
};

}  // namespace ssblog
