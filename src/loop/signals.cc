// SPDX-License-Identifier: MIT
#include "loop/signals.h"

namespace ssblog {

Signal::Signal(Loop& loop, int number, std::function<void()> came)
    : handle_(new uv_signal_t), came_(std::make_unique<std::function<void()>>(std::move(came))) {
  uv_signal_init(loop.raw(), handle_.get());  // the loop has its pipe already: cannot fail
  handle_->data = came_.get();
  uv_signal_start(
      handle_.get(),
      [](uv_signal_t* handle, int) {
        auto* call = static_cast<std::function<void()>*>(handle->data);
        if (call == nullptr) return;
        (*call)();
      },
      number);
}

}  // namespace ssblog
