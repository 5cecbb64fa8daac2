// SPDX-License-Identifier: MIT
#include "gossip/protocol/own_key_watch.h"

#include "gossip/protocol/limits.h"

namespace ssblog {
namespace {

/// Twice a handshake, and the dial before it: then nobody can finish it any more.
constexpr OwnKeyWatch::Time call_life = 2 * max_handshake_time + std::chrono::minutes(1);

template <class Map>
void drop_older(Map& map, OwnKeyWatch::Time life, OwnKeyWatch::Time now) {
  std::erase_if(map, [&](const auto& one) { return now - one.second >= life; });
}

}  // namespace

bool OwnKeyWatch::is_worth_a_dial(const Address& address, Time now) {
  drop_older(tried_, pause, now);
  if (tried_.size() >= max_own_key_dials) return false;
  return tried_.emplace(place_of(address), now).second;
}

void OwnKeyWatch::calls(const CallKey& call, Time now) {
  drop_older(calls_, call_life, now);
  calls_[call] = now;
}

bool OwnKeyWatch::is_ours(const CallKey& call, Time now) {
  drop_older(calls_, call_life, now);
  return calls_.contains(call);
}

}  // namespace ssblog
