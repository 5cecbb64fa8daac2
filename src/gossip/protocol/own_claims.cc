// SPDX-License-Identifier: MIT
#include "gossip/protocol/own_claims.h"

namespace ssblog {

bool OwnClaims::take(const FeedId& host, Seq claimed, Time now) {
  if (liars_.contains(host)) return false;
  const auto at = claims_.find(host);
  if (at != claims_.end()) {
    // A claim that creeps upwards wins no time.
    at->second.claimed = std::max(at->second.claimed, claimed);
    return false;
  }
  if (claims_.size() >= most) return false;  // publishing is held already
  claims_[host] = {claimed, now};
  return true;
}

void OwnClaims::connected(const FeedId& host, Time now) {
  if (const auto at = claims_.find(host); at != claims_.end()) at->second.since = now;
}

std::vector<FeedId> OwnClaims::fallen(Time now, const std::function<bool(const FeedId&)>& is_connected,
                                      const std::function<bool(const FeedId&)>& is_known) {
  std::vector<FeedId> hosts;
  for (const auto& [host, claim] : claims_) {
    if (now - claim.since >= patience && (is_connected(host) || !is_known(host))) hosts.push_back(host);
  }
  for (const FeedId& host : hosts) {
    claims_.erase(host);
    if (liars_.size() >= most) liars_.erase(liars_.begin());
    liars_.insert(host);
  }
  return hosts;
}

}  // namespace ssblog
