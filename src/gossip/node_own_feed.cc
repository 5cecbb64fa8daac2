// SPDX-License-Identifier: MIT
// gossip/node_own_feed.cc - our own feed: who says to hold more of it, and whether it may be signed on.
#include "gossip/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ssblog {

void Node::watch_hold() {
  hold_watch_ = std::make_unique<HoldWatch>(
      loop_, *chores_,
      HoldWatch::Events{
          [this](const FeedId& host, Seq claimed) {
            log_some("claim", LogLevel::warning,
                     fmt::format("{} says to hold {} messages of this host's feed, more than are here: "
                                 "publishing is held until they are back, or it turns out to have none",
                                 name_of(host), claimed));
          },
          [this](const FeedId& host) {
            log_some("claim", LogLevel::notice,
                     fmt::format("{} did not send what it said to hold of this host's feed", name_of(host)));
          },
          [this] { ask_for_own(); }, [this](const FeedId& host) { return is_connected(host); },
          [this](const FeedId& host) { return is_known(host); }});
}

void Node::ask_for_own() {
  for (const auto& [number, connection] : connections_) {
    if (connection.peer->is_open()) replicator_->ask_for_own(*connection.peer);
  }
}

void Node::settle_hold(const OwnPublisher::Standing& standing) {
  const std::string guard_trouble = standing.guard_trouble ? standing.guard_trouble->text : "";
  if (std::exchange(guard_trouble_, guard_trouble) != guard_trouble && !guard_trouble.empty())
    log(LogLevel::error,
        fmt::format("the guard against restored backups cannot be written: {}", guard_trouble));
  const Result<Hold>& hold = standing.held;
  if (!hold) {
    log_some("own feed", LogLevel::error, fmt::format("cannot publish: {}", hold.error().text));
    return show_later();
  }
  switch (hold_watch_->settle(*hold)) {
    case HoldWatch::Change::none:
      break;
    case HoldWatch::Change::begun:
      log(LogLevel::warning, fmt::format("publishing is held: {}", explain_fully(*store_, *hold)));
      break;
    case HoldWatch::Change::over:
      log(LogLevel::notice, "publishing is held no more");
      look_at_copies();
      news();         // what waited was signed
      weigh_later();  // a successor may wait to be followed
      break;
  }
  show_later();
}

}  // namespace ssblog
