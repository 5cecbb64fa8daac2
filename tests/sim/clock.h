// SPDX-License-Identifier: MIT
// sim/clock.h - simulated time: a queue of events, and the scheduler of one host on it.
//
// Used by World. Nothing here waits: time jumps from event to event. Events of the same time come in the order in which
// they were asked for.
#pragma once

#include "loop/scheduler.h"
#include "sim/random.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ssblog::sim {

using Time = std::chrono::microseconds;
using HostNumber = std::size_t;
inline constexpr HostNumber nobody = static_cast<HostNumber>(-1);

class EventQueue {
 public:
  Time now() const { return now_; }
  /// `whose` host is looked at when the call is over.
  void at(Time when, HostNumber whose, std::function<void()> call);
  void after(Time wait, HostNumber whose, std::function<void()> call) {
    at(now_ + wait, whose, std::move(call));
  }
  std::optional<Time> next() const;
  /// Runs the next event. @return whose it was.
  HostNumber step();
  /// Nothing happens until then.
  void pass_until(Time time) { now_ = std::max(now_, time); }

 private:
  struct Event {
    Time at;
    std::uint64_t order;
    HostNumber whose;
    std::function<void()> call;
  };
  static bool later(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  std::vector<Event> heap_;
  Time now_{0};
  std::uint64_t order_ = 0;
};

/// The time of one host's life. When it goes, its alarms and its work under way go with it.
class HostScheduler final : public Scheduler {
 public:
  HostScheduler(EventQueue& queue, Random& random, HostNumber whose)
      : queue_(queue), random_(random), whose_(whose), alive_(std::make_shared<bool>(true)) {}
  HostScheduler(const HostScheduler&) = delete;
  HostScheduler& operator=(const HostScheduler&) = delete;
  ~HostScheduler() { *alive_ = false; }

  std::chrono::milliseconds now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(queue_.now());
  }
  /// Every look takes a millisecond: so long work is seen to be long, on every machine alike.
  std::chrono::nanoseconds stopwatch() const override {
    return queue_.now() + std::chrono::milliseconds(++looks_);
  }
  std::unique_ptr<Alarm> make_alarm(std::function<void()> due) override;
  void run_elsewhere(std::function<void()> job, std::function<void()> done) override;

 private:
  EventQueue& queue_;
  Random& random_;
  const HostNumber whose_;
  std::shared_ptr<bool> alive_;
  mutable std::int64_t looks_ = 0;
};

}  // namespace ssblog::sim
