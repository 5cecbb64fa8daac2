// SPDX-License-Identifier: MIT
#include "gossip/protocol/ebt.h"

#include "gossip/protocol/limits.h"

#include <algorithm>
#include <utility>

namespace ssblog {

Ebt::Ebt(const FeedId& own) : own_(own) {}

Ebt::Lane* Ebt::lane_of(PeerNumber peer, const FeedId& feed) {
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return nullptr;
  const auto lane = at->second.lanes.find(feed);
  return lane == at->second.lanes.end() ? nullptr : &lane->second;
}

void Ebt::want(const FeedId& id, Seq have) {
  const auto [at, is_new] = feeds_.try_emplace(id);
  at->second.have = std::max(at->second.have, have);
  if (!is_new) return;
  for (auto& [number, peer] : peers_) {
    peer.refused.erase(id);
    if (peer.greeted) greet_with(number, peer, id, Time{0});
  }
}

void Ebt::unwant(const FeedId& id) {
  const auto feed = feeds_.find(id);
  if (feed == feeds_.end()) return;
  if (feed->second.check_at) checks_.erase({*feed->second.check_at, id});
  feeds_.erase(feed);
  for (auto& [number, peer] : peers_) {
    peer.lanes.erase(id);
    peer.due.erase(id);
  }
}

void Ebt::seal(const FeedId& id) {
  const auto found = feeds_.find(id);
  if (found == feeds_.end() || std::exchange(found->second.sealed, true)) return;
  Feed& feed = found->second;
  if (feed.check_at) checks_.erase({*feed.check_at, id});
  feed.check_at.reset();
  for (auto& [number, peer] : peers_) {
    const auto at = peer.lanes.find(id);
    if (at == peer.lanes.end() || at->second.dead || !at->second.told) continue;
    at->second.sends = false;
    tell(number, peer, id, at->second, Note{std::min(feed.have, max_note_sequence), false});
  }
}

void Ebt::unseal(const FeedId& id, Time now) {
  const auto feed = feeds_.find(id);
  if (feed == feeds_.end() || !std::exchange(feed->second.sealed, false)) return;
  for (auto& [number, peer] : peers_) {
    const auto lane = peer.lanes.find(id);
    if (lane != peer.lanes.end() && lane->second.told && !lane->second.dead)
      ask(number, peer, id, lane->second, now);
  }
}

void Ebt::withhold(const FeedId& id, const FeedId& host) {
  const auto feed = feeds_.find(id);
  if (feed == feeds_.end() || !feed->second.withheld.insert(host).second) return;
  for (auto& [number, peer] : peers_) {
    if (peer.host != host) continue;
    const bool told = peer.lanes.contains(id);
    peer.lanes.erase(id);
    peer.due.erase(id);
    if (told) refuse(number, peer, id);
  }
}

void Ebt::give(const FeedId& id, const FeedId& host) {
  const auto feed = feeds_.find(id);
  if (feed == feeds_.end() || feed->second.withheld.erase(host) == 0) return;
  for (auto& [number, peer] : peers_) {
    if (peer.host != host) continue;
    peer.refused.erase(id);
    if (peer.greeted) greet_with(number, peer, id, Time{0});
  }
}

void Ebt::open(PeerNumber number, const FeedId& host, bool client, const Clock& saved, Time now) {
  Peer& peer = peers_[number];
  peer.host = host;
  peer.saved = saved;
  if (!client) greet(number, peer, now);
}

Ebt::Clock Ebt::close(PeerNumber number, Time now) {
  const auto at = peers_.find(number);
  if (at == peers_.end()) return {};
  Peer& peer = at->second;
  Clock clock = std::move(peer.saved);
  std::vector<FeedId> asked;
  for (const auto& [id, lane] : peer.lanes) {
    if (lane.claim) clock[id] = *lane.claim;
    if (lane.sends && feeds_.at(id).check_at) asked.push_back(id);
  }
  if (peer.ack_at) acks_.erase({*peer.ack_at, number});
  peers_.erase(at);
  dirty_.erase(number);
  // What it was to send is asked for elsewhere at once.
  for (const FeedId& id : asked) check_later(id, feeds_.at(id), now);
  return clock;
}

/// Our first notes: every feed, but those that the peer had as we have them at the last meeting. Those that it refused then
/// are told, too, though JavaScript leaves them out: it may have changed its mind in a meeting that we did not save, and
/// takes what it then heard of us for the same as ours.
void Ebt::greet(PeerNumber number, Peer& peer, Time now) {
  peer.greeted = true;
  peer.notes.emplace();  // even when it is empty
  dirty_.insert(number);
  for (const auto& [id, feed] : feeds_) {
    const auto saved = peer.saved.find(id);
    if (saved != peer.saved.end()) {
      if (goes_to(feed, peer)) {
        Lane& lane = peer.lanes[id];
        lane.claim = saved->second;
        lane.sent = static_cast<Seq>(std::max<std::int64_t>(saved->second, 0));
      }
      const bool equal = saved->second == feed.have && feed.have > 0;
      if (equal && id != own_) continue;
    }
    greet_with(number, peer, id, now);
  }
}

void Ebt::greet_with(PeerNumber number, Peer& peer, const FeedId& id, Time now) {
  const Feed& feed = feeds_.at(id);
  if (!goes_to(feed, peer)) return;
  Lane& lane = peer.lanes[id];
  lane.told = true;
  ask(number, peer, id, lane, now);
}

/// Sends our word on a feed when the peer is next written to; a later one takes its place.
void Ebt::tell(PeerNumber number, Peer& peer, const FeedId& id, Lane& lane, std::optional<Note> note) {
  if (!peer.notes) peer.notes.emplace();
  (*peer.notes)[id] = note;
  lane.told = true;
  dirty_.insert(number);
}

void Ebt::refuse(PeerNumber number, Peer& peer, const FeedId& id) {
  // Names cost whoever makes them up nothing; ours is a bounded patience.
  if (peer.refused.size() >= max_refused_feeds || !peer.refused.insert(id).second) return;
  if (!peer.notes) peer.notes.emplace();
  (*peer.notes)[id] = std::nullopt;
  dirty_.insert(number);
}

void Ebt::set_back(const FeedId& id, Seq have, Time now) {
  const auto feed = feeds_.find(id);
  if (feed == feeds_.end() || feed->second.have <= have) return;
  feed->second.have = have;
  for (auto& [number, peer] : peers_) {
    const auto lane = peer.lanes.find(id);
    if (lane == peer.lanes.end()) continue;
    // What could not be read counts as sent, so that nobody tries for ever; a peer that has it already needs it no more.
    lane->second.sent =
        std::min(lane->second.sent,
                 std::max(have, static_cast<Seq>(std::max<std::int64_t>(lane->second.claim.value_or(0), 0))));
    if (lane->second.told && !lane->second.dead) ask(number, peer, id, lane->second, now);
  }
}

void Ebt::make_due(PeerNumber number, Peer& peer, const FeedId& id, const Lane& lane) {
  if (!lane.wants || lane.sent >= feeds_.at(id).have) return;
  peer.due.insert(id);
  dirty_.insert(number);
}

void Ebt::take_notes(PeerNumber number, const Notes& notes, Time now) {
  const auto at = peers_.find(number);
  if (at == peers_.end()) return;
  Peer& peer = at->second;
  peer.heard = true;
  if (!peer.greeted) greet(number, peer, now);
  const bool went_back = std::any_of(notes.begin(), notes.end(), [&](const auto& one) {
    const auto saved = peer.saved.find(one.first);
    return one.second && saved != peer.saved.end() &&
           saved->second > static_cast<std::int64_t>(one.second->have);
  });
  for (const auto& [id, note] : notes) take_note(number, peer, id, note, now);
  if (went_back) greet_anew(number, peer, now);
}

void Ebt::forget_meetings(Time now) {
  for (auto& [number, peer] : peers_) {
    if (peer.greeted)
      greet_anew(number, peer, now);
    else
      peer.saved.clear();
  }
}

/// The peer holds less than at the last meeting: its store was set back, and what it remembers of us with it. So it may
/// be silent on a feed that we are silent on, each for what it takes the other to hold.
void Ebt::greet_anew(PeerNumber number, Peer& peer, Time now) {
  for (const auto& [id, have] : std::exchange(peer.saved, {})) {
    const auto lane = peer.lanes.find(id);
    if (lane == peer.lanes.end() || lane->second.told || lane->second.dead) continue;
    lane->second.claim.reset();
    lane->second.sent = feeds_.at(id).have;  // until it says where to begin
    greet_with(number, peer, id, now);
  }
}

void Ebt::take_note(PeerNumber number, Peer& peer, const FeedId& id, std::optional<Note> note, Time now) {
  const auto found = feeds_.find(id);
  if (found == feeds_.end() || !goes_to(found->second, peer)) {
    if (note) refuse(number, peer, id);
    return;
  }
  const Feed& feed = found->second;
  Lane& lane = peer.lanes[id];
  if (lane.dead) return;
  if (!note) {
    lane.claim = -1;
    lane.wants = lane.sends = false;
    // Who does not replicate the feed keeps no word on it: when it does later, ours is to be said again.
    lane.told = lane.asked_before = false;
    peer.due.erase(id);
    return;
  }
  // A claim that grows while we send is an acknowledgement of what is on its way; any other says where to begin.
  const bool acknowledges = lane.wants && note->receive && lane.claim && *lane.claim >= 0 &&
                            note->have > static_cast<Seq>(*lane.claim) && note->have <= lane.sent;
  lane.claim = note->have;
  if (!acknowledges) lane.sent = note->have;
  lane.wants = note->receive;
  if (!lane.wants) peer.due.erase(id);
  make_due(number, peer, id, lane);
  if (note->have > feed.have) {
    ask_if_better(number, peer, id, lane, !lane.told, now);
  } else if (!lane.told || (note->have < feed.have && !lane.wants)) {
    // It did not know that we speak of this feed, or it is behind and may want to ask.
    const auto waiting = peer.notes ? peer.notes->find(id) : Notes::iterator();
    if (peer.notes && waiting != peer.notes->end()) return;
    lane.sends = false;
    tell(number, peer, id, lane, Note{std::min(feed.have, max_note_sequence), false});
  }
}

void Ebt::stored(const FeedId& id, Seq have, std::optional<PeerNumber> from, Time now) {
  const auto found = feeds_.find(id);
  if (found == feeds_.end() || have <= found->second.have) return;
  Feed& feed = found->second;
  feed.have = have;
  for (auto& [number, peer] : peers_) {
    const auto at = peer.lanes.find(id);
    if (at == peer.lanes.end()) continue;
    Lane& lane = at->second;
    if (lane.dead) continue;
    if (from == number) {
      lane.claim = std::max<std::int64_t>(lane.claim.value_or(0), have);
      lane.sent = std::max(lane.sent, have);
      if (peer.host == id && lane.claim <= have) {
        // Its own feed: it would like to know that we have it. While more is on its way a note would have an ssb-server
        // send all of that again.
        if (peer.ack_at) acks_.erase({*peer.ack_at, number});
        if (!peer.ack_by) peer.ack_by = now + ack_wait;
        peer.ack_at = std::min(now + ack_pause, *peer.ack_by);
        acks_.insert({*peer.ack_at, number});
      }
      continue;
    }
    if (lane.wants) {
      make_due(number, peer, id, lane);
    } else if (lane.claim && *lane.claim >= 0 && *lane.claim < have) {
      // News, no word on what we want of it.
      lane.sends = false;
      const bool told = lane.told;
      tell(number, peer, id, lane, Note{std::min(have, max_note_sequence), false});
      lane.told = told;
    }
  }
}

std::optional<Ebt::Time> Ebt::wake_at() const {
  std::optional<Time> at;
  if (!checks_.empty()) at = checks_.begin()->first;
  if (!acks_.empty()) at = at ? std::min(*at, acks_.begin()->first) : acks_.begin()->first;
  return at;
}

void Ebt::wake(Time now) {
  while (!checks_.empty() && checks_.begin()->first <= now) {
    const FeedId id = checks_.begin()->second;
    checks_.erase(checks_.begin());
    feeds_.at(id).check_at.reset();
    check(id, now);
  }
  while (!acks_.empty() && acks_.begin()->first <= now) {
    const PeerNumber number = acks_.begin()->second;
    acks_.erase(acks_.begin());
    Peer& peer = peers_.at(number);
    peer.ack_at.reset();
    peer.ack_by.reset();
    const auto lane = peer.lanes.find(peer.host);
    if (lane == peer.lanes.end()) continue;
    tell(number, peer, peer.host, lane->second, Note{feeds_.at(peer.host).have, lane->second.sends});
  }
}

std::vector<PeerNumber> Ebt::take_dirty() {
  std::vector<PeerNumber> peers(dirty_.begin(), dirty_.end());
  dirty_.clear();
  return peers;
}

std::optional<Ebt::Push> Ebt::next_push(PeerNumber number) {
  const auto at = peers_.find(number);
  if (at == peers_.end()) return std::nullopt;
  Peer& peer = at->second;
  while (!peer.due.empty()) {
    const FeedId id = *peer.due.begin();
    const Lane& lane = peer.lanes.at(id);
    const Feed& feed = feeds_.at(id);
    if (lane.wants && lane.sent < feed.have) return Push{id, lane.sent + 1, feed.have};
    peer.due.erase(peer.due.begin());
  }
  return std::nullopt;
}

void Ebt::pushed(PeerNumber number, const FeedId& id, Seq upto) {
  if (Lane* lane = lane_of(number, id)) lane->sent = std::max(lane->sent, upto);
}

std::optional<Notes> Ebt::take_notes(PeerNumber number) {
  const auto at = peers_.find(number);
  if (at == peers_.end()) return std::nullopt;
  return std::exchange(at->second.notes, std::nullopt);
}

Seq Ebt::reached(PeerNumber peer, const FeedId& feed) const {
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return 0;
  const auto lane = at->second.lanes.find(feed);
  return lane == at->second.lanes.end() ? 0 : lane->second.sent;
}

bool Ebt::is_level(PeerNumber peer) const {
  const auto at = peers_.find(peer);
  return at != peers_.end() && at->second.heard && at->second.due.empty() && !at->second.notes;
}

std::optional<std::int64_t> Ebt::claim(PeerNumber peer, const FeedId& feed) const {
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return std::nullopt;
  const auto lane = at->second.lanes.find(feed);
  return lane == at->second.lanes.end() ? std::nullopt : lane->second.claim;
}

}  // namespace ssblog
