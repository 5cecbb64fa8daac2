// SPDX-License-Identifier: MIT
#include "sim/clock.h"

#include <algorithm>
#include <utility>

namespace ssblog::sim {
namespace {

constexpr std::int64_t longest_work_us = 3000;

class SimAlarm final : public Alarm {
 public:
  SimAlarm(EventQueue& queue, HostNumber whose, std::function<void()> due)
      : state_(std::make_shared<State>(State{queue, whose, std::move(due), {}, {}, false})) {}
  ~SimAlarm() override { state_->gone = true; }
  SimAlarm(const SimAlarm&) = delete;
  SimAlarm& operator=(const SimAlarm&) = delete;

  void start(std::chrono::milliseconds after) override {
    // As libuv: from the beginning of the millisecond, but never before now.
    const Time now = state_->queue.now();
    const Time due = std::chrono::floor<std::chrono::milliseconds>(now) + after;
    state_->due_at = std::max(due, now);
    if (!state_->event_at || *state_->event_at > *state_->due_at) ask(state_, *state_->due_at);
  }
  void stop() override { state_->due_at.reset(); }
  bool running() const override { return state_->due_at.has_value(); }

 private:
  struct State {
    EventQueue& queue;
    HostNumber whose;
    std::function<void()> due;
    std::optional<Time> due_at;
    std::optional<Time> event_at;  ///< the earliest event in the queue
    bool gone;
  };

  /// One event serves many starts: an alarm that is put off looks again when the old time has come.
  static void ask(const std::shared_ptr<State>& state, Time at) {
    state->event_at = at;
    state->queue.at(at, state->whose, [state, at] {
      if (state->gone || state->event_at != at) return;
      state->event_at.reset();
      if (!state->due_at) return;
      if (*state->due_at > at) return ask(state, *state->due_at);
      state->due_at.reset();
      state->due();
    });
  }
  std::shared_ptr<State> state_;
};

}  // namespace

void EventQueue::at(Time when, HostNumber whose, std::function<void()> call) {
  heap_.push_back({std::max(when, now_), ++order_, whose, std::move(call)});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

std::optional<Time> EventQueue::next() const {
  return heap_.empty() ? std::nullopt : std::optional(heap_.front().at);
}

HostNumber EventQueue::step() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const Event event = std::move(heap_.back());
  heap_.pop_back();
  now_ = event.at;
  event.call();
  return event.whose;
}

std::unique_ptr<Alarm> HostScheduler::make_alarm(std::function<void()> due) {
  return std::make_unique<SimAlarm>(queue_, whose_, std::move(due));
}

void HostScheduler::run_elsewhere(std::function<void()> job, std::function<void()> done) {
  queue_.after(Time(random_.between(50, longest_work_us)), whose_,
               [alive = alive_, job = std::move(job), done = std::move(done)] {
                 if (!*alive) return;
                 job();
                 done();
               });
}

}  // namespace ssblog::sim
