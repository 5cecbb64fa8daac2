// SPDX-License-Identifier: MIT
#include "intake/whereabouts.h"

namespace ssblog {

bool Whereabouts::enter(const std::string& path) {
  if (!leave()) return false;
  // Outside of a call nobody else changes the state or looks at the path.
  path_ = path;
  state_.store(state_.load(std::memory_order_relaxed) + 3, std::memory_order_release);
  return true;
}

bool Whereabouts::leave() {
  std::uint64_t state = state_.load(std::memory_order_acquire);
  if (state == over) return false;
  if (state % 2 == 0) return true;
  return state_.compare_exchange_strong(state, state - 1, std::memory_order_acq_rel);
}

std::uint64_t Whereabouts::call() const {
  const std::uint64_t state = state_.load(std::memory_order_acquire);
  return state % 2 == 0 ? 0 : state / 2;
}

bool Whereabouts::give_up(std::uint64_t call) {
  std::uint64_t inside = call * 2 + 1;
  return state_.compare_exchange_strong(inside, over, std::memory_order_acq_rel);
}

}  // namespace ssblog
