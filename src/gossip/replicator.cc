// SPDX-License-Identifier: MIT
#include "gossip/replicator.h"

#include "gossip/protocol/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

constexpr std::size_t notes_in_an_item = 4000;  // some 250 KB

}  // namespace

Replicator::Replicator(Scheduler& scheduler, Store& store, Chores& chores, const FeedId& own,
                       const std::optional<SigningKey>& hmac, Events events)
    : scheduler_(scheduler),
      store_(store),
      chores_(chores),
      book_(store),
      held_(store),
      own_(own),
      events_(std::move(events)),
      ebt_(own),
      ingest_(scheduler, store, own, hmac,
              {[this](const FeedId& feed, Seq have, PeerNumber from) { stored(feed, have, from); },
               [this](const ReceivedMessage& message, bool fatal, bool forged, const std::string& why) {
                 refused(message, fatal, forged, why);
               },
               [this] {
                 for (auto& [number, connection] : connections_) connection.peer->hold_back(false);
               },
               [this](const Error& error) { events_.trouble(error); }, [this] { events_.trouble_over(); },
               [this](const FeedId&) { events_.contacts_changed(); },
               [this] {
                 if (ingest_.is_idle()) on_their_way_.clear();
                 pump();
               },
               events_.clock, [this](const FeedId& feed) { forked(feed); }}),
      wake_(scheduler, [this] {
        ebt_.wake(scheduler_.now());
        pump();
      }) {}

Result<void> Replicator::want(const std::set<FeedId>& feeds,
                              const std::set<std::pair<FeedId, FeedId>>& withheld) {
  if (auto fresh = refresh(); !fresh) return fresh.error();
  // Another process may have forgotten feeds, and they may have come again meanwhile: then they have other numbers.
  auto rows = store_.feeds();
  if (!rows) return rows.error();
  for (const FeedId& gone : held_.drop_gone(*rows)) {
    ebt_.unwant(gone);
    wanted_.erase(gone);
  }
  for (const FeedRow& row : *rows) {
    if (!held_.contains(row.id)) take_tip(row);
  }
  std::vector<FeedId> added;
  for (const FeedId& feed : wanted_) {
    if (!feeds.contains(feed)) ebt_.unwant(feed);
  }
  for (const FeedId& feed : feeds) {
    if (!wanted_.contains(feed)) added.push_back(feed);
    ebt_.want(feed, held_.have(feed));
    if (is_forked(feed)) ebt_.seal(feed);
  }
  wanted_ = feeds;
  for (const auto& [feed, host] : withheld_) {
    if (!withheld.contains({feed, host})) ebt_.give(feed, host);
  }
  withheld_ = withheld;
  for (const auto& [feed, host] : withheld) ebt_.withhold(feed, host);
  for (auto& [number, connection] : connections_) {
    // Live streams of what is not passed on any more.
    for (auto at = connection.serving.begin(); at != connection.serving.end();) {
      const FeedId& feed = at->second.query.id;
      const bool goes_on = goes_to(feed, *connection.peer->host());
      if (!goes_on) connection.peer->end_history(at->first);
      at = goes_on ? std::next(at) : connection.serving.erase(at);
    }
    if (!connection.legacy) continue;
    for (const FeedId& feed : added) ask_legacy(connection, feed);
  }
  pump();
  return {};
}

Result<bool> Replicator::refresh() {
  if (held_.empty()) {
    auto proofs = ForkBook(store_).all();
    if (!proofs) return proofs.error();
    for (ForkProof& proof : *proofs) forks_.emplace(proof.feed, std::move(proof));
    auto last = book_.last_arrival_id();
    if (!last) return last.error();
    if (auto read = read_feeds(); !read) return read.error();
    last_arrival_ = *last;
    pump();
    return true;
  }
  auto arrived = book_.arrived_after(last_arrival_);
  if (!arrived) return arrived.error();
  bool local = false, unknown = false;
  for (const Arrived& one : *arrived) {
    local = local || one.local;
    unknown = unknown || held_.feed_of(one.feed) == nullptr;
  }
  if (unknown) {
    if (auto read = read_feeds(); !read) return read.error();
  }
  for (const Arrived& one : *arrived) {
    last_arrival_ = one.id;
    if (const FeedId* id = held_.feed_of(one.feed)) take_tip(*id, one.feed, one.last);
  }
  pump();
  return local;
}

Result<void> Replicator::read_feeds() {
  auto rows = store_.feeds();
  if (!rows) return rows.error();
  for (const FeedRow& row : *rows) take_tip(row);
  return {};
}

void Replicator::take_tip(const FeedRow& row) {
  take_tip(row.id, row.number, row.tip ? row.tip->sequence : 0);
}

void Replicator::take_tip(const FeedId& feed, FeedNumber number, Seq have) {
  switch (held_.look(feed, number, have)) {
    case HeldFeeds::Change::none:
      return;
    case HeldFeeds::Change::grew:
      return grew(feed, have, std::nullopt);
    case HeldFeeds::Change::fell_back:
      return begin_anew(feed, have);
  }
}

/// The feed was forgotten and came again, or was damaged and cut: we hold less of it than we told. A peer that has told
/// what it holds, and heard what we do, need not look at lower notes; a stream that is asked for is always answered.
void Replicator::begin_anew(const FeedId& feed, Seq have) {
  if (!wanted_.contains(feed)) return;
  ebt_.set_back(feed, have, scheduler_.now());
  for (auto& [number, connection] : connections_) {
    if (feed == own_ || !connection.peer->host()) continue;  // our own is asked for apart
    const CallId id = connection.peer->call_history(history_args(feed, have + 1, connection.legacy));
    connection.asking[id] = feed;
    connection.peer->flush();
  }
}

void Replicator::opened(Neighbour& peer) { connections_[peer.number()].peer = &peer; }

void Replicator::closed(Neighbour& peer) {
  if (peer.has_ebt()) ebt_closed(peer);
  connections_.erase(peer.number());
  pump();
}

void Replicator::ebt_opened(Neighbour& peer, bool client) {
  auto saved = book_.clock(*peer.host());
  // A clock that cannot be read costs some notes, nothing else.
  ebt_.open(peer.number(), *peer.host(), client, saved ? *saved : Ebt::Clock{}, scheduler_.now());
  pump();
}

void Replicator::ebt_closed(Neighbour& peer) {
  auto clock = ebt_.close(peer.number(), scheduler_.now());
  if (!clock.empty() && wanted_.contains(*peer.host())) {
    chores_.add([host = *peer.host(), clock = std::move(clock)](Batch& batch) {
      return save_clock(batch, host, clock);
    });
  }
  wake_later();
}

bool Replicator::ebt_item(Neighbour& peer, ByteView body) {
  auto item = read_ebt_item(body);
  if (!item) {
    events_.misbehaved(peer.number(),
                       fmt::format("it sent what is neither a message nor notes: {}", item.error().text));
    return false;
  }
  if (const auto* notes = std::get_if<Notes>(&*item)) {
    ebt_.take_notes(peer.number(), *notes, scheduler_.now());
    note_own(peer);
    note_notes(connections_.at(peer.number()), *notes);
  } else {
    const auto& message = std::get<MessageItem>(*item);
    // Of another branch: proof, if its signature is good.
    if (ebt_.take_message(peer.number(), message.author, message.sequence, scheduler_.now()) ||
        may_differ(message.author, message.sequence, body))
      take(peer, message, body);
  }
  pump();
  return true;
}

void Replicator::take(Neighbour& peer, const MessageItem& message, ByteView body) {
  Seq& last = on_their_way_[message.author];
  last = std::max(last, message.sequence);
  ingest_.take(
      {peer.number(), *peer.host(), message.author, message.sequence, ByteBuf(body.begin(), body.end())});
  if (ingest_.is_full()) peer.hold_back(true);
}

/// What the peer says of our own feed: an acknowledgement, or news that we should not need.
void Replicator::note_own(Neighbour& peer) {
  const auto claim = ebt_.claim(peer.number(), own_);
  if (!claim || *claim < 0) return;
  const Seq own = held_.have(own_);
  if (*claim > own) events_.own_feed_ahead(*peer.host(), static_cast<Seq>(*claim));
  const Seq held = std::min(own, static_cast<Seq>(*claim));
  // Copies count where we know the host; anybody may say anything, and our own key is no other host.
  if (!wanted_.contains(*peer.host()) || *peer.host() == own_) return;
  Seq& noted = acknowledged_[*peer.host()];
  if (held <= noted) return;
  noted = held;
  chores_.add([host = *peer.host(), held](Batch& batch) { return note_acknowledged(batch, host, held); });
}

/// An author gets back whatever is held of its own feed: with an empty answer it would take the next number, which may
/// be in use long since.
bool Replicator::goes_to(const FeedId& feed, const FeedId& host) const {
  return feed == host || (wanted_.contains(feed) && !withheld_.contains({feed, host}));
}

void Replicator::can_send(Neighbour& peer) {
  const auto connection = connections_.find(peer.number());
  if (connection == connections_.end()) return;
  const auto reading = ReadTransaction::begin(store_.database());
  push(connection->second);
  serve(connection->second);
  peer.flush();
}

void Replicator::stored(const FeedId& feed, Seq have, PeerNumber from) {
  held_.stored(feed, have);
  if (feed == own_ && !std::exchange(came_back_, true)) {
    // The store was set back, and what it says of others is as old: where it says that they have what we have, each
    // would be silent for what it takes the other to hold.
    chores_.add([](Batch& batch) { return forget_clocks(batch); });
    ebt_.forget_meetings(scheduler_.now());
  }
  grew(feed, have, from);
}

void Replicator::grew(const FeedId& feed, Seq have, std::optional<PeerNumber> from) {
  ++moved_;
  ebt_.stored(feed, have, from, scheduler_.now());
  events_.grown();
}

void Replicator::refused(const ReceivedMessage& message, bool fatal, bool forged, const std::string& why) {
  const auto connection = connections_.find(message.from);
  if (connection == connections_.end()) return;
  // It does not go on from what we hold: what the peer has in the place of our last one may prove a fork.
  if (fatal && !forged && !forks_.contains(message.author))
    compare(connection->second, message.author, held_.have(message.author));
  if (fatal && !forged && is_forked(message.author))
    show_proof(connection->second, forks_.at(message.author));
  if (fatal) ebt_.refused(message.from, message.author, scheduler_.now());
  // Once: what it sent before is still on its way through here.
  if (forged && ++connection->second.invalid == max_invalid_messages) {
    events_.misbehaved(message.from, fmt::format("it sent {} messages that no feed can have, the last: {}",
                                                 max_invalid_messages, why));
  }
}

/// Sends what is due. Whatever happened ends here.
void Replicator::pump() {
  if (pumping_) return;
  pumping_ = true;
  send_due();
  if (!asked_hosts_.empty() && ingest_.is_idle()) {
    for (const FeedId& host : std::exchange(asked_hosts_, {}))
      chores_.add([host](Batch& batch) { return note_asked(batch, host); });
    events_.grown();
  }
  pumping_ = false;
  wake_later();
}

void Replicator::send_due() {
  // One lock of the file for all that is read; without it, it is one for each message.
  const auto reading = ReadTransaction::begin(store_.database());
  for (const PeerNumber number : ebt_.take_dirty()) {
    const auto connection = connections_.find(number);
    if (connection == connections_.end()) continue;
    push(connection->second);
    connection->second.peer->flush();
  }
  for (auto& [number, connection] : connections_) {
    if (!connection.serving.empty() && serve(connection)) connection.peer->flush();
  }
}

bool Replicator::push(Connection& connection) {
  Neighbour& peer = *connection.peer;
  const PeerNumber number = peer.number();
  bool sent = false;
  while (peer.has_room()) {
    const auto due = ebt_.next_push(number);
    if (!due) break;
    Seq at = due->from;
    for (; at <= due->have && peer.has_room(); ++at) {
      const auto text = text_to_send(due->feed, at);
      if (!text) break;
      peer.send_ebt(*text);
      ++moved_;
      sent = true;
    }
    ebt_.pushed(number, due->feed, at == due->from ? due->have : at - 1);
    const auto fork = forks_.find(due->feed);
    if (fork != forks_.end() && is_forked(due->feed) && at > fork->second.sequence)
      show_proof(connection, fork->second);
  }
  if (auto notes = ebt_.take_notes(number)) {
    send_notes(peer, *notes);
    sent = true;
  }
  return sent;
}

/// In parts: an item has a limit, and so has the number of its keys.
void Replicator::send_notes(Neighbour& peer, const Notes& notes) {
  Notes part;
  for (const auto& [feed, note] : notes) {
    part.emplace(feed, note);
    if (part.size() < notes_in_an_item) continue;
    peer.send_ebt(format_notes(part));
    part.clear();
  }
  if (!part.empty() || notes.empty()) peer.send_ebt(format_notes(part));
}

/// Nothing where it cannot be read: what is damaged here is not sent, nor what would follow it.
std::optional<std::string> Replicator::text_to_send(const FeedId& feed, Seq sequence) {
  auto text = held_.text_of(feed, sequence);
  if (text && !text->empty()) return std::move(*text);
  if (events_.damaged && (text || text.error().code == Code::data)) events_.damaged(feed);
  return std::nullopt;
}

void Replicator::save_clocks() {
  for (const auto& [number, connection] : connections_) {
    const auto& host = connection.peer->host();
    if (!host || !connection.peer->has_ebt() || !wanted_.contains(*host)) continue;
    Ebt::Clock clock;
    for (const FeedId& feed : wanted_) {
      if (const auto claim = ebt_.claim(number, feed)) clock[feed] = *claim;
    }
    if (clock.empty()) continue;
    chores_.add(
        [to = *host, clock = std::move(clock)](Batch& batch) { return save_clock(batch, to, clock); });
  }
}

void Replicator::wake_later() {
  if (const auto at = ebt_.wake_at())
    wake_.start(std::max(*at - scheduler_.now(), Ebt::Time(0)));
  else
    wake_.stop();
}

Replicator::Standing Replicator::standing(PeerNumber peer) const {
  const auto connection = connections_.find(peer);
  if (connection == connections_.end()) return Standing::under_way;
  if (connection->second.legacy) return Standing::streams;
  return ebt_.is_level(peer) ? Standing::level : Standing::under_way;
}

Replicator::Distance Replicator::distance(PeerNumber peer) const {
  Distance distance;
  for (const FeedId& feed : wanted_) {
    const auto claim = ebt_.claim(peer, feed);
    if (!claim || *claim < 0) continue;
    const auto theirs = static_cast<Seq>(*claim);
    const Seq ours = held_.have(feed);
    if (theirs > ours)
      distance.we_lack += theirs - ours;
    else
      distance.it_lacks += ours - std::min(ours, std::max(theirs, ebt_.reached(peer, feed)));
  }
  return distance;
}

}  // namespace ssblog
