// SPDX-License-Identifier: MIT
#include "feed/boot_clock.h"

#include <algorithm>

namespace ssblog {

Millis righted_time(Millis time, Millis shift) {
  return time >= first_likely_time ? time : std::clamp<Millis>(time + shift, 0, max_time);
}

}  // namespace ssblog
