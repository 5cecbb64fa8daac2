// SPDX-License-Identifier: MIT
// gossip/replicator_forks.cc - feeds that go two ways: found, proven to whoever holds them, and what their owner settled.
#include "gossip/replicator.h"

#include "gossip/protocol/limits.h"

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

constexpr std::size_t most_shown = 10'000;  // feeds and hosts

}  // namespace

/// Whoever holds a feed that is forked gets the proof, once; of our own feed we look whether the peer's is ours.
void Replicator::note_notes(Connection& connection, const Notes& notes) {
  // What it said at the last meeting counts, too: hosts that hold as much as each other say nothing of a feed.
  for (const auto& [feed, proof] : forks_) {
    if (settled_.contains(feed)) continue;
    const auto note = notes.find(feed);
    const bool asks = note != notes.end() && note->second && note->second->receive;
    if (asks && note->second->have < proof.sequence) {
      // Whatever it was shown is gone with what it held: it was set back. The proof comes behind the messages (`push`).
      shown_.erase({feed, *connection.peer->host()});
      connection.shown.erase(feed);
    }
    if (may_hold(connection.peer->number(), feed, proof.sequence)) show_proof(connection, proof, asks);
  }
  ask_for_settled(connection, notes);
  const auto own = notes.find(own_);
  if (own == notes.end() || !own->second || own->second->have == 0) return;
  if (is_forked(own_))
    narrow(connection);
  else if (own->second->have <= held_.have(own_))
    compare(connection, own_, own->second->have);
}

/// Of a fork that its owner settled: an ssb-server that saw both branches sends neither by EBT.
void Replicator::ask_for_settled(Connection& connection, const Notes& notes) {
  for (const FeedId& feed : settled_) {
    const auto note = notes.find(feed);
    if (note == notes.end() || !note->second || !wanted_.contains(feed) ||
        note->second->have <= held_.have(feed) || connection.legacy || !connection.aside.insert(feed).second)
      continue;
    const CallId id = connection.peer->call_history(history_args(feed, held_.have(feed) + 1, false));
    connection.asking[id] = feed;
    connection.peer->flush();
  }
}

void Replicator::settled(std::set<FeedId> feeds) {
  settled_ = std::move(feeds);
  for (const FeedId& feed : settled_) ebt_.unseal(feed, scheduler_.now());
}

bool Replicator::is_forked(const FeedId& feed) const {
  return forks_.contains(feed) && !settled_.contains(feed);
}

/// Asks for one message that we hold: if the peer has another one, the feed is forked.
void Replicator::compare(Connection& connection, const FeedId& feed, Seq sequence) {
  if (sequence == 0 || !connection.compared.insert(feed).second) return;
  const CallId id = connection.peer->call_history(history_args_of_one(feed, sequence));
  connection.proving[id] = feed;
  connection.peer->flush();
}

/// True: we hold another message there, or one is on its way into the store. Which one is seen when this one follows it
/// there: a proof comes close behind the messages that it is about.
bool Replicator::may_differ(const FeedId& feed, Seq sequence, ByteView text) {
  if (differs(feed, sequence, text)) return true;
  const auto last = on_their_way_.find(feed);
  return last != on_their_way_.end() && sequence > held_.have(feed) && sequence <= last->second &&
         !forks_.contains(feed);
}

/// True: we hold another message there.
bool Replicator::differs(const FeedId& feed, Seq sequence, ByteView text) {
  if (forks_.contains(feed) || sequence == 0 || sequence > held_.have(feed) || !wanted_.contains(feed))
    return false;
  const auto held = held_.text_of(feed, sequence);
  // What is damaged proves nothing.
  return held && !held->empty() && *held != as_text(text);
}

/// It said so, or we have sent it that much.
bool Replicator::may_hold(PeerNumber peer, const FeedId& feed, Seq sequence) const {
  const auto claim = ebt_.claim(peer, feed);
  if (!claim || *claim < 0) return false;
  return std::max(static_cast<Seq>(*claim), ebt_.reached(peer, feed)) >= sequence;
}

/// `asks`: it wants more of the feed, so it does not know, or not any more.
void Replicator::show_proof(Connection& connection, const ForkProof& proof, bool asks) {
  if (!connection.peer->has_ebt() || !goes_to(proof.feed, *connection.peer->host())) return;
  const std::pair to{proof.feed, *connection.peer->host()};
  if (connection.shown.contains(proof.feed) || (shown_.contains(to) && !asks)) return;
  // Hosts that meet again and again do not tell it each other each time. A stranger's name costs a bounded memory.
  if (shown_.size() >= most_shown) shown_.clear();
  shown_.insert(to);
  connection.shown.insert(proof.feed);
  connection.peer->send_ebt(proof.held_text);
  connection.peer->send_ebt(proof.other_text);
  connection.peer->flush();
}

void Replicator::forked(const FeedId& feed) {
  auto proof = ForkBook(store_).of(feed);
  // Marked it is all the same; what is not told now is told at the next start.
  if (!proof || !*proof) return;
  const bool is_news = !forks_.contains(feed);
  const ForkProof& found = forks_.insert_or_assign(feed, std::move(**proof)).first->second;
  if (settled_.contains(feed)) return;
  ebt_.seal(feed);
  for (auto& [number, connection] : connections_) {
    if (may_hold(number, feed, found.sequence) || connection.compared.contains(feed))
      show_proof(connection, found);
  }
  if (events_.forked && is_news) events_.forked(found);
  events_.grown();
  if (feed != own_) return;
  for (auto& [number, connection] : connections_) narrow(connection);
}

/// Our own feed is forked, and the proof may be of any place behind the one where the branches part. Only the messages
/// from there on are ours alone, so it is searched for: half of what is in question each time.
void Replicator::narrow(Connection& connection) {
  const auto fork = forks_.find(own_);
  if (fork == forks_.end() || connection.asked_at || connection.gave_up) return;
  const Seq differs_at = fork->second.sequence;
  if (connection.common + 1 >= differs_at || is_where_they_part(fork->second)) return;
  connection.asked_at = connection.common + (differs_at - connection.common) / 2;
  const CallId id = connection.peer->call_history(history_args_of_one(own_, *connection.asked_at));
  connection.proving[id] = own_;
  connection.peer->flush();
}

/// False: it is no answer to `narrow`.
bool Replicator::took_narrowing(Connection& connection, const MessageItem& message, ByteView body) {
  if (message.author != own_ || connection.asked_at != message.sequence) return false;
  connection.asked_at.reset();
  const auto held = held_.text_of(own_, message.sequence);
  if (held && *held == as_text(body)) {
    connection.common = std::max(connection.common, message.sequence);
    narrow(connection);
  } else if (held && !held->empty()) {
    // An earlier pair, if its signature is good.
    ingest_.take({connection.peer->number(), *connection.peer->host(), own_, message.sequence,
                  ByteBuf(body.begin(), body.end())});
  }
  return true;
}

}  // namespace ssblog
