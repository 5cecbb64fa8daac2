// SPDX-License-Identifier: MIT
#include "board/alert_turns.h"

#include "feed/sha256.h"

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

/// Beyond that many a place in the order is no use: all of them missing at once is a network that is cut.
constexpr std::size_t most_turns = 12;

std::array<std::uint8_t, 32> place_of(const AlertId& alert, const FeedId& host) {
  Sha256 hash;
  hash.add(alert.view());
  hash.add(host.view());
  return hash.finish();
}

}  // namespace

std::size_t turn_of(const AlertRecord& alert, const FeedId& own, std::span<const FeedId> watchers) {
  if (alert.of.host == own) return 0;
  const AlertId id = id_of(alert);
  const auto place = place_of(id, own);
  const auto before = std::count_if(watchers.begin(), watchers.end(), [&](const FeedId& host) {
    return host != own && host != alert.of.host && place_of(id, host) < place;
  });
  return std::min(static_cast<std::size_t>(before) + 1, most_turns);
}

std::vector<AlertRecord> AlertTurns::take(const std::vector<AlertRecord>& missing, const FeedId& own,
                                          std::span<const FeedId> watchers, Millis spread, Millis now) {
  std::map<AlertId, Millis> first_seen;
  std::vector<AlertRecord> due;
  next_.reset();
  for (const AlertRecord& alert : missing) {
    const AlertId id = id_of(alert);
    const auto known = first_seen_.find(id);
    // A clock that was set back must not hold it.
    const Millis seen = known == first_seen_.end() ? now : std::min(known->second, now);
    first_seen[id] = seen;
    const Millis turn = seen + static_cast<Millis>(turn_of(alert, own, watchers)) * spread;
    if (turn <= now) {
      due.push_back(alert);
    } else if (!next_ || turn < *next_) {
      next_ = turn;
    }
  }
  first_seen_ = std::move(first_seen);
  return due;
}

}  // namespace ssblog
