// SPDX-License-Identifier: MIT
// gossip/node_guests.cc - those who come with the key of an invite: let in, heard, and told of in the log.
#include "gossip/node.h"
#include "gossip/protocol/limits.h"

#include <fmt/format.h>

namespace ssblog {

bool Node::takes_guest(Peer& peer, const FeedId& key) {
  if (!guests_->knows(key)) return false;
  doorkeeper_.knows(peer.remote().host());
  std::vector<Peer*> guests;
  for (const auto& [number, connection] : connections_) {
    if (connection.peer->is_guest() && !connection.peer->is_closing())
      guests.push_back(connection.peer.get());
  }
  // Who has been here for longest had its time.
  if (guests.size() >= max_guests) guests.front()->close_soon();
  return true;
}

void Node::guest_called(Peer& peer, const FeedId& guest, CallId id, const std::string& args) {
  guests_->use(peer.number(), guest, id, args);
}

void Node::guest_answered(const Guests::Answer& answer) {
  InviteRow invite;
  invite.guest = answer.guest;
  const auto at = connections_.find(answer.peer);
  const std::string where = at == connections_.end() ? "" : " at " + at->second.peer->remote().text();
  const std::string who = answer.feed ? to_text(*answer.feed) : "a guest";
  if (answer.is_news) {
    log_some(
        "invited", LogLevel::notice,
        fmt::format("invite {} was used by {}{}: it is followed from now on", invite.name(), who, where));
  } else if (answer.is_trouble) {
    log_some(
        "invite trouble", LogLevel::warning,
        fmt::format("invite {} could not be used by {}{}: {}", invite.name(), who, where, answer.trouble));
  } else if (answer.result.error().code == Code::failed) {
    log_some("invite", LogLevel::info,
             fmt::format("invite {}: {}{} is followed already", invite.name(), who, where));
  } else {
    log_some("invite", LogLevel::warning,
             fmt::format("invite {} was refused to {}{}: {}", invite.name(), who, where,
                         answer.result.error().text));
  }
  if (at != connections_.end()) at->second.peer->answer(answer.id, answer.result);
  if (answer.is_news) news();
}

}  // namespace ssblog
