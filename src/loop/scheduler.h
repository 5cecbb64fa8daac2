// SPDX-License-Identifier: MIT
// loop/scheduler.h - time, calls at a later time, and work elsewhere: what a part needs of the loop that is no handle.
//
// Used by what must also run on a simulated clock (tests/sim). `Loop` is the real one. All calls come on the one thread
// that runs the scheduler; only a job is on another.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace ssblog {

/// One call at a later time; none comes when the object is gone.
class Alarm {
 public:
  Alarm() = default;
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  virtual ~Alarm() = default;
  /// Takes the place of an earlier start.
  virtual void start(std::chrono::milliseconds after) = 0;
  virtual void stop() = 0;
  virtual bool running() const = 0;
};

class Scheduler {
 public:
  /// Ms on a clock that never jumps, as of the beginning of this turn.
  virtual std::chrono::milliseconds now() const = 0;

  /// A clock that never jumps and moves within a turn too: to measure how long work takes.
  virtual std::chrono::nanoseconds stopwatch() const = 0;

  virtual std::unique_ptr<Alarm> make_alarm(std::function<void()> due) = 0;

  /// Calls `job` on a thread of the worker pool, then `done` here; loop/work.h has the form with values.
  virtual void run_elsewhere(std::function<void()> job, std::function<void()> done) = 0;

 protected:
  Scheduler() = default;
  Scheduler(const Scheduler&) = default;
  Scheduler& operator=(const Scheduler&) = default;
  ~Scheduler() = default;
};

}  // namespace ssblog
