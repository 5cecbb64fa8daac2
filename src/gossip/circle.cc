// SPDX-License-Identifier: MIT
#include "gossip/circle.h"

namespace ssblog {

std::set<FeedId> Circle::replicated() const {
  std::set<FeedId> feeds;
  for (const auto& [id, far] : distance) {
    if (is_replicated(far, most)) feeds.insert(id);
  }
  return feeds;
}

Result<Circle> read_circle(PeerBook& book, const FeedId& own, int most) {
  auto contacts = book.edges();
  if (!contacts) return contacts.error();
  Circle circle;
  circle.most = most;
  for (const ContactEdge& edge : *contacts)
    circle.edges.push_back({edge.author, edge.contact, static_cast<Relation>(edge.relation)});
  circle.distance = hops(own, circle.edges, most);
  return circle;
}

}  // namespace ssblog
