// SPDX-License-Identifier: MIT
// sink/backoff.h - how long a program rests before it is started again.
//
// Used by Sink. Pure: times are arguments.
#pragma once

#include <chrono>

namespace ssblog {

class Backoff {
 public:
  static constexpr std::chrono::milliseconds first{1'000}, longest{300'000};
  /// Who ran so long, and took something, begins anew.
  static constexpr std::chrono::milliseconds well{60'000};

  /// It ended after `ran`; `took`: something that it was given. How long it rests now: 1 s, doubling up to 5 min.
  std::chrono::milliseconds failed(std::chrono::milliseconds ran, bool took);

  /// It did what it was to do.
  void succeeded() { next_ = first; }

 private:
  std::chrono::milliseconds next_ = first;
};

}  // namespace ssblog
