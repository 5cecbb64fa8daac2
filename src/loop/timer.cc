// SPDX-License-Identifier: MIT
#include "loop/timer.h"

#include <algorithm>

namespace ssblog {

Timer::Timer(Loop& loop, std::function<void()> due)
    : handle_(new uv_timer_t), due_(std::make_unique<std::function<void()>>(std::move(due))) {
  uv_timer_init(loop.raw(), handle_.get());  // never fails
  handle_->data = due_.get();
}

void Timer::start(std::chrono::milliseconds after) {
  const auto wait = static_cast<std::uint64_t>(std::max<std::int64_t>(after.count(), 0));
  uv_timer_start(
      handle_.get(),
      [](uv_timer_t* handle) {
        auto* due = static_cast<std::function<void()>*>(handle->data);
        if (due == nullptr) return;
        (*due)();
      },
      wait, 0);
}

void Timer::stop() { uv_timer_stop(handle_.get()); }

}  // namespace ssblog
