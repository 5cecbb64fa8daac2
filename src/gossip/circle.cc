// SPDX-License-Identifier: MIT
#include "gossip/circle.h"

#include "gossip/protocol/limits.h"

namespace ssblog {

std::set<FeedId> Circle::replicated() const {
  std::set<FeedId> feeds;
  for (const auto& [id, far] : distance) {
    if (is_replicated(far, most)) feeds.insert(id);
  }
  return feeds;
}

std::set<FeedId> Circle::blocked() const {
  std::set<FeedId> hosts;
  for (const auto& [id, far] : distance) {
    if (far == -1) hosts.insert(id);
  }
  return hosts;
}

std::set<std::pair<FeedId, FeedId>> Circle::withheld() const {
  const std::set<FeedId> wanted = replicated();
  std::set<std::pair<FeedId, FeedId>> pairs;
  for (const Edge& edge : edges) {
    if (edge.relation == Relation::blocks && wanted.contains(edge.author))
      pairs.insert({edge.author, edge.contact});
  }
  return pairs;
}

Result<Circle> read_circle(PeerBook& book, const FeedId& own, int most) {
  auto contacts = book.edges();
  if (!contacts) return contacts.error();
  Circle circle;
  circle.most = most;
  std::map<FeedId, std::size_t> follows;
  for (const ContactEdge& edge : *contacts) {
    const auto relation = static_cast<Relation>(edge.relation);
    if (relation == Relation::follows && edge.author != own && ++follows[edge.author] > max_follows_of_host) {
      circle.greedy.insert(edge.author);
      continue;
    }
    circle.edges.push_back({edge.author, edge.contact, relation});
  }
  circle.distance = hops(own, circle.edges, most);
  return circle;
}

}  // namespace ssblog
