// SPDX-License-Identifier: MIT
// loop/signals.h - a signal of the system, as a call on the loop.
#pragma once

#include "loop/loop.h"

#include <functional>

namespace ssblog {

/// Calls `came` each time the process gets the signal, from the beginning of its life to the end.
class Signal {
 public:
  Signal(Loop& loop, int number, std::function<void()> came);

 private:
  Handle<uv_signal_t> handle_;
  std::unique_ptr<std::function<void()>> came_;
};

}  // namespace ssblog
