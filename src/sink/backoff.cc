// SPDX-License-Identifier: MIT
#include "sink/backoff.h"

#include <algorithm>
#include <utility>

namespace ssblog {

std::chrono::milliseconds Backoff::failed(std::chrono::milliseconds ran, bool took) {
  if (took && ran >= well) next_ = first;
  return std::exchange(next_, std::min(next_ * 2, longest));
}

}  // namespace ssblog
