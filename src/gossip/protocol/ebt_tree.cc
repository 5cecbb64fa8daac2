// SPDX-License-Identifier: MIT
// gossip/protocol/ebt_tree.cc - the tree on which each feed spreads: of the peers that claim more of it than we hold one is
// asked to send, so that a message does not come from each of them, and another one when that one does not deliver.
#include "gossip/protocol/ebt.h"

#include <algorithm>

namespace ssblog {

void Ebt::ask(PeerNumber number, Peer& peer, const FeedId& id, Lane& lane, Time now) {
  const bool sealed = feeds_.at(id).sealed;
  lane.sends = !sealed;
  lane.asked = lane.heard = now;
  lane.asked_before = true;
  lane.taken = 0;
  Feed& feed = feeds_.at(id);
  tell(number, peer, id, lane, Note{std::min(feed.have, max_note_sequence), !sealed});
  if (lane.claim.value_or(-1) > static_cast<std::int64_t>(feed.have)) check_later(id, feed, now + patience);
}

/// The peer claims more than we hold: ask it, unless another is asked that claims as much.
void Ebt::ask_if_better(PeerNumber number, Peer& peer, const FeedId& id, Lane& lane, bool answer, Time now) {
  Feed& feed = feeds_.at(id);
  const std::int64_t have = feed.have;
  check_later(id, feed, now + patience);
  if (lane.sends) return;
  if (feed.sealed) {
    if (answer) tell(number, peer, id, lane, Note{std::min(feed.have, max_note_sequence), false});
    return;
  }
  // Who was asked and sent nothing is asked again when its turn has come, not when it promises more.
  if (lane.asked_before && now - lane.asked < patience && (!lane.delivered || *lane.delivered < lane.asked)) {
    if (answer) tell(number, peer, id, lane, Note{feed.have, false});
    return;
  }
  for (auto& [other_number, other] : peers_) {
    if (other_number == number) continue;
    const auto at = other.lanes.find(id);
    if (at == other.lanes.end() || !at->second.sends || at->second.claim.value_or(-1) <= have) continue;
    // Who delivers is not left for who promises more; it is looked at again when that one has no more.
    const bool delivers = at->second.delivered && now - *at->second.delivered < patience;
    if (delivers || at->second.claim >= lane.claim) {
      if (answer) tell(number, peer, id, lane, Note{feed.have, false});
      return;
    }
    at->second.sends = false;
    tell(other_number, other, id, at->second, Note{feed.have, false});
  }
  ask(number, peer, id, lane, now);
}

bool Ebt::take_message(PeerNumber number, const FeedId& id, Seq sequence, Time now) {
  const auto found = feeds_.find(id);
  Lane* lane = lane_of(number, id);
  if (found == feeds_.end() || lane == nullptr || !lane->told || lane->dead || found->second.sealed)
    return false;
  Peer& peer = peers_.at(number);
  lane->claim = std::max<std::int64_t>(lane->claim.value_or(0), sequence);
  lane->sent = std::max(lane->sent, sequence);
  if (sequence <= found->second.have) {
    // Somebody else is faster.
    if (lane->sends) {
      lane->sends = false;
      tell(number, peer, id, *lane, Note{found->second.have, false});
    }
    return false;
  }
  // What does not follow cannot be stored: it is not what was asked for.
  if (sequence != std::max(found->second.have, lane->taken) + 1) return false;
  lane->taken = sequence;
  lane->heard = now;
  lane->delivered = now;
  return true;
}

void Ebt::refused(PeerNumber number, const FeedId& id, Time now) {
  Lane* lane = lane_of(number, id);
  if (lane == nullptr || lane->dead) return;
  Peer& peer = peers_.at(number);
  tell(number, peer, id, *lane, std::nullopt);
  *lane = Lane{};
  lane->dead = true;
  peer.due.erase(id);
  if (feeds_.at(id).check_at) check_later(id, feeds_.at(id), now);
}

/// Somebody claims more of the feed than we hold. If nobody sends it, somebody else is asked.
void Ebt::check(const FeedId& id, Time now) {
  Feed& feed = feeds_.at(id);
  bool behind = false, served = false;
  Time next = now + patience;
  PeerNumber best = 0;
  Lane* best_lane = nullptr;
  for (auto& [number, peer] : peers_) {
    const auto at = peer.lanes.find(id);
    if (at == peer.lanes.end() || at->second.dead) continue;
    Lane& lane = at->second;
    if (lane.claim.value_or(-1) <= static_cast<std::int64_t>(feed.have)) continue;
    behind = true;
    if (lane.sends && lane.heard + patience > now) {
      served = true;
      next = std::min(next, lane.heard + patience);
    } else if (!lane.sends && (best_lane == nullptr || lane.asked < best_lane->asked)) {
      // Whom we asked longest ago, or never: who does not deliver sinks.
      best = number;
      best_lane = &lane;
    }
  }
  if (!behind) return;
  check_later(id, feed, next);
  if (served || best_lane == nullptr) return;
  for (auto& [number, peer] : peers_) {
    const auto at = peer.lanes.find(id);
    if (at == peer.lanes.end() || !at->second.sends || at->second.claim.value_or(-1) <= feed.have) continue;
    at->second.sends = false;
    tell(number, peer, id, at->second, Note{feed.have, false});
  }
  ask(best, peers_.at(best), id, *best_lane, now);
}

void Ebt::check_later(const FeedId& id, Feed& feed, Time at) {
  if (feed.sealed) return;
  if (feed.check_at) {
    if (*feed.check_at <= at) return;
    checks_.erase({*feed.check_at, id});
  }
  feed.check_at = at;
  checks_.insert({at, id});
}

}  // namespace ssblog
