// SPDX-License-Identifier: MIT
#include "gossip/protocol/doorkeeper.h"

#include "gossip/protocol/limits.h"

#include <algorithm>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto minute = 60s;
constexpr std::size_t most_remembered = max_candidates;

/// Makes room for one more: what has expired goes first, else whatever ends soonest.
template <class Map, class End>
void make_room(Map& map, Doorkeeper::Time now, End&& end) {
  if (map.size() < most_remembered) return;
  std::erase_if(map, [&](const auto& one) { return end(one.second) <= now; });
  if (map.size() < most_remembered) return;
  map.erase(std::min_element(map.begin(), map.end(),
                             [&](const auto& a, const auto& b) { return end(a.second) < end(b.second); }));
}

}  // namespace

bool Doorkeeper::lets_in(const std::string& address, Time now) {
  const auto at = knocks_.find(address);
  if (at == knocks_.end())
    make_room(knocks_, now,
              [](const Knocks& knocks) { return knocks.silent_until.value_or(knocks.since + minute); });
  Knocks& knocks = knocks_[address];
  if (knocks.silent_until) {
    if (now < *knocks.silent_until) return false;
    knocks = {};
  }
  if (knocks.count == 0 || now - knocks.since >= minute) knocks = {0, now, std::nullopt};
  if (++knocks.count <= max_unauthenticated_per_minute) return true;
  knocks.silent_until = now + unauthenticated_silence;
  return false;
}

void Doorkeeper::knows(const std::string& address) {
  const auto at = knocks_.find(address);
  if (at != knocks_.end() && at->second.count > 0) --at->second.count;
}

Doorkeeper::Time Doorkeeper::punish(const FeedId& host, Time now) {
  if (!penalties_.contains(host))
    make_room(penalties_, now, [](const Penalty& penalty) { return penalty.until; });
  Penalty& penalty = penalties_[host];
  penalty.length =
      penalty.length == 0ms ? Time(cut_penalty) : std::min<Time>(penalty.length * 2, max_cut_penalty);
  penalty.until = now + penalty.length;
  return penalty.length;
}

std::optional<Doorkeeper::Time> Doorkeeper::next_end(Time now) const {
  std::optional<Time> next;
  for (const auto& [host, penalty] : penalties_) {
    if (penalty.until > now) next = next ? std::min(*next, penalty.until) : penalty.until;
  }
  return next;
}

bool Doorkeeper::is_punished(const FeedId& host, Time now) const {
  const auto at = penalties_.find(host);
  return at != penalties_.end() && now < at->second.until;
}

}  // namespace ssblog
