// SPDX-License-Identifier: MIT
// gossip/node_own_feed.cc - our own feed: who says to hold more of it, and whether it may be signed on.
#include "gossip/node.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto doubt_pause = 1s;

}  // namespace

void Node::own_feed_ahead(const FeedId& host, Seq claimed) {
  if (!claims_.take(host, claimed, loop_.now())) return;
  log_some(
      "claim", LogLevel::warning,
      fmt::format(
          "{} says to hold {} messages of this host's feed, more than are here: publishing is held until "
          "they are back, or it turns out to have none",
          name_of(host), claimed));
  held_ = true;
  chores_->add([host, claimed](Batch& batch) { return note_claim(batch, host, claimed); });
  ask_for_own();
  if (!doubt_soon_.running()) doubt_soon_.start(OwnClaims::patience);
}

/// A claim that nobody proves must not keep this host from publishing.
void Node::doubt_claims() {
  const auto fallen = claims_.fallen(
      loop_.now(), [this](const FeedId& host) { return is_connected(host); },
      [this](const FeedId& host) { return is_known(host); });
  for (const FeedId& host : fallen) {
    log_some("claim", LogLevel::notice,
             fmt::format("{} did not send what it said to hold of this host's feed", name_of(host)));
    chores_->add([host](Batch& batch) { return note_asked(batch, host); });
  }
  if (!claims_.empty()) doubt_soon_.start(doubt_pause);
}

void Node::ask_for_own() {
  for (const auto& [number, connection] : connections_) {
    if (connection.peer->is_open()) replicator_->ask_for_own(*connection.peer);
  }
}

void Node::settle_hold(const Result<Hold>& hold) {
  if (!hold) {
    log(LogLevel::error, hold.error().text);
  } else if (*hold != Hold::none) {
    if (!std::exchange(held_, true)) {
      log(LogLevel::warning, fmt::format("publishing is held: {}", explain(*hold)));
      ask_for_own();
    }
  } else if (std::exchange(held_, false)) {
    claims_.clear();
    log(LogLevel::notice, "publishing is held no more");
  }
  show_later();
}

}  // namespace ssblog
