// SPDX-License-Identifier: MIT
#include "intake/seen_macs.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ssblog {
namespace {

constexpr Millis slices_in_a_ttl = 8;
constexpr std::size_t first_places = 64;  // a power of two

std::size_t first_place(std::uint64_t number, std::size_t places) { return number & (places - 1); }

}  // namespace

SeenMacs::SeenMacs(std::chrono::milliseconds ttl) : ttl_(std::max<Millis>(ttl.count(), slices_in_a_ttl)) {}

bool SeenMacs::Slice::has(std::uint64_t number) const {
  if (places.empty()) return false;
  for (std::size_t at = first_place(number, places.size()); places[at] != 0;
       at = (at + 1) & (places.size() - 1)) {
    if (places[at] == number) return true;
  }
  return false;
}

void SeenMacs::Slice::put(std::uint64_t number) {
  if (places.empty()) places.resize(first_places);
  // At most three quarters are taken, so that a search is short.
  if ((used + 1) * 4 > places.size() * 3) {
    const auto before = std::exchange(places, std::vector<std::uint64_t>(places.size() * 2));
    used = 0;
    for (const auto one : before) {
      if (one != 0) put(one);
    }
  }
  std::size_t at = first_place(number, places.size());
  while (places[at] != 0) at = (at + 1) & (places.size() - 1);
  places[at] = number;
  ++used;
}

/// What was put in when the clock said anything between time - ttl and time + ttl cannot be good after twice the ttl; a
/// slice later that is so for all times of its slice. A clock that is set back may find it good again.
void SeenMacs::forget(Steady now) {
  for (auto at = slices_.begin(); at != slices_.end();) {
    if (now - at->second.last <= Steady(2 * ttl_ + ttl_ / slices_in_a_ttl)) {
      ++at;
      continue;
    }
    size_ -= at->second.used;
    forgotten_ = std::max(forgotten_, (at->first + 1) * (ttl_ / slices_in_a_ttl));
    at = slices_.erase(at);
  }
}

SeenMacs::Answer SeenMacs::take(const HmacKey::Mac& mac, Millis time, Steady now) {
  // 64 bits of a right MAC: nobody without the secret can choose them.
  std::uint64_t number = 0;
  std::memcpy(&number, mac.data(), sizeof number);
  if (number == 0) number = 1;
  const Millis length = ttl_ / slices_in_a_ttl;
  auto found = slices_.find(time / length);
  if (found != slices_.end() && found->second.has(number)) return Answer::repeated;
  if (size_ >= most || found == slices_.end()) {
    forget(now);
    if (time < forgotten_) return Answer::too_old;
    if (size_ >= most) return Answer::full;
    found = slices_.try_emplace(time / length).first;
  }
  found->second.put(number);
  found->second.last = now;
  ++size_;
  return Answer::fresh;
}

}  // namespace ssblog
