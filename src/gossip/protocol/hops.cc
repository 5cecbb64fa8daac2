// SPDX-License-Identifier: MIT
#include "gossip/protocol/hops.h"

#include <cstdlib>
#include <deque>
#include <unordered_map>
#include <vector>

namespace ssblog {
namespace {

/// The distance behind a node at `distance` along an edge.
int behind(int distance, Relation relation) {
  return relation == Relation::follows ? distance + 1 : -distance + static_cast<int>(relation);
}

/// The nearer wins; at the same distance a follow wins.
bool beats(int candidate, int present) {
  return std::abs(candidate) < std::abs(present) ||
         (std::abs(candidate) == std::abs(present) && candidate > present);
}

}  // namespace

std::map<FeedId, int> hops(const FeedId& own, std::span<const Edge> edges, int max) {
  std::unordered_map<FeedId, std::vector<const Edge*>> from;
  for (const Edge& edge : edges) from[edge.author].push_back(&edge);

  std::map<FeedId, int> distances{{own, 0}};
  std::deque<FeedId> waiting{own};
  while (!waiting.empty()) {
    const FeedId author = waiting.front();
    waiting.pop_front();
    const int distance = distances.at(author);
    if (distance < 0 || distance >= max) continue;
    for (const Edge* edge : from[author]) {
      if (edge->contact == own) continue;
      const int candidate = behind(distance, edge->relation);
      const auto [at, is_new] = distances.try_emplace(edge->contact, candidate);
      if (!is_new && !beats(candidate, at->second)) continue;
      at->second = candidate;
      waiting.push_back(edge->contact);
    }
  }
  return distances;
}

}  // namespace ssblog
