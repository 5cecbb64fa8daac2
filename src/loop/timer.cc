// SPDX-License-Identifier: MIT
#include "loop/timer.h"

#include <algorithm>

namespace ssblog {

Timer::Timer(Loop& loop, std::function<void()> due)
    : handle_(new uv_timer_t), due_(std::make_unique<std::function<void()>>(std::move(due))) {
  uv_timer_init(loop.raw(), handle_.get());  // never fails
  handle_->data = due_.get();
}

namespace {

thread_local const uv_timer_t* calling = nullptr;  // whose call is under way

}  // namespace

void Timer::start(std::chrono::milliseconds after) {
  // Before libuv 1.49 a timer that starts itself anew with 0 is due in the same turn again, and again: nothing else is
  // heard until it stops.
  const std::int64_t least = calling == handle_.get() ? 1 : 0;
  const auto wait = static_cast<std::uint64_t>(std::max<std::int64_t>(after.count(), least));
  uv_timer_start(
      handle_.get(),
      [](uv_timer_t* handle) {
        auto* due = static_cast<std::function<void()>*>(handle->data);
        if (due == nullptr) return;
        calling = handle;
        (*due)();
        calling = nullptr;
      },
      wait, 0);
}

void Timer::stop() { uv_timer_stop(handle_.get()); }

}  // namespace ssblog
