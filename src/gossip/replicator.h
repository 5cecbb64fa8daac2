// SPDX-License-Identifier: MIT
// gossip/replicator.h - feeds, between the store and all peers.
//
// Used by Node. Ebt says who is to get what; here messages are read from the store as far as a peer's buffers have
// room, and what comes goes through Ingest into the store. The own clock is what the store holds (HeldFeeds). Peers that
// speak no EBT are asked, and answered, by createHistoryStream: replicator_history.cc. What concerns forked feeds is in
// replicator_forks.cc. On the loop's thread. Source: replication.md.
#pragma once

#include "gossip/chores.h"
#include "gossip/held_feeds.h"
#include "gossip/ingest.h"
#include "gossip/neighbour.h"
#include "gossip/protocol/ebt.h"
#include "gossip/protocol/history.h"
#include "store/peer_book.h"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace ssblog {

class Replicator {
 public:
  struct Events {
    std::function<void()> contacts_changed;  ///< a feed said something new about another
    std::function<void()> grown;             ///< feeds have grown
    std::function<void(const FeedId& host, Seq claimed)> own_feed_ahead;
    std::function<void(PeerNumber peer, const std::string& why)> misbehaved;  ///< to be cut
    std::function<void(const Error&)> trouble;  ///< the store cannot be written to
    std::function<void()> trouble_over;
    std::function<Millis()> clock;                                 ///< ms since 1970
    std::function<void(const FeedId& feed)> damaged = nullptr;     ///< a message that we hold cannot be read
    std::function<void(const ForkProof& proof)> forked = nullptr;  ///< nothing further of the feed is taken
  };

  /// Borrows all of them; `store` must not wait for other writers.
  Replicator(Scheduler& scheduler, Store& store, Chores& chores, const FeedId& own,
             const std::optional<SigningKey>& hmac, Events events);

  /// The feeds to replicate, and who may not get which (feed, host).
  Result<void> want(const std::set<FeedId>& feeds, const std::set<std::pair<FeedId, FeedId>>& withheld);
  const std::set<FeedId>& wanted() const { return wanted_; }

  /// Another process may have written to the store. True: it did, or the first look was taken.
  Result<bool> refresh();

  void opened(Neighbour& peer);
  void closed(Neighbour& peer);
  void ebt_opened(Neighbour& peer, bool client);
  bool ebt_item(Neighbour& peer, ByteView body);
  void ebt_closed(Neighbour& peer);
  void ebt_refused(Neighbour& peer);
  void history_asked(Neighbour& peer, CallId id, const std::string& args);
  void history_item(Neighbour& peer, CallId id, ByteView body);
  void history_over(Neighbour& peer, CallId id, bool failed);
  void can_send(Neighbour& peer);

  /// The feeds whose fork was settled by their owner: they are asked for as any other.
  void settled(std::set<FeedId> feeds);

  /// Asks a peer for our own feed from the last message that we hold: it may have more.
  void ask_for_own(Neighbour& peer);

  /// What every peer with EBT claims of the wanted feeds is written down, as at the end of its connection.
  void save_clocks();

  /// Messages that a peer claims beyond ours, over all feeds; and ours that it neither claims nor was sent.
  struct Distance {
    std::uint64_t we_lack = 0;
    std::uint64_t it_lacks = 0;
  };
  Distance distance(PeerNumber peer) const;
  bool is_idle() const { return ingest_.is_idle(); }

  /// How a peer and we stand: not greeted yet or with something to send; level; or on streams that never say.
  enum class Standing { under_way, level, streams };
  Standing standing(PeerNumber peer) const;
  /// Grows with every message that comes or goes.
  std::uint64_t moved() const { return moved_; }

 private:
  /// A feed that a peer asked for.
  struct Serving {
    HistoryQuery query;
    Seq next = 1;
    std::optional<Seq> left;
    bool over = false;
  };
  struct Connection {
    Neighbour* peer;
    std::map<CallId, Serving> serving;
    std::map<CallId, FeedId> asking;   ///< our calls of createHistoryStream
    std::map<CallId, FeedId> proving;  ///< those for one message that we may hold otherwise
    std::set<FeedId> compared;         ///< feeds of which that was asked
    std::set<FeedId> aside;            ///< feeds that were asked for aside
    std::set<FeedId> shown;            ///< forked feeds of which it got the proof
    // Where its branch of our own feed, which is forked, parts from ours.
    Seq common = 0;               ///< up to here it has what we have
    std::optional<Seq> asked_at;  ///< that message was asked for
    bool gave_up = false;         ///< it did not send it
    std::size_t invalid = 0;
    bool legacy = false;
  };

  void stored(const FeedId& feed, Seq have, PeerNumber from);
  void refused(const ReceivedMessage& message, bool fatal, bool forged, const std::string& why);
  Result<void> read_feeds();
  void take_tip(const FeedRow& row);
  void take_tip(const FeedId& feed, FeedNumber number, Seq have);
  void begin_anew(const FeedId& feed, Seq have);
  void note_own(Neighbour& peer);
  bool goes_to(const FeedId& feed, const FeedId& host) const;
  void note_notes(Connection& connection, const Notes& notes);
  bool is_forked(const FeedId& feed) const;  ///< and nobody settled it
  void ask_for_settled(Connection& connection, const Notes& notes);
  void compare(Connection& connection, const FeedId& feed, Seq sequence);
  void take(Neighbour& peer, const MessageItem& message, ByteView body);
  bool may_differ(const FeedId& feed, Seq sequence, ByteView text);
  bool differs(const FeedId& feed, Seq sequence, ByteView text);
  bool may_hold(PeerNumber peer, const FeedId& feed, Seq sequence) const;
  void show_proof(Connection& connection, const ForkProof& proof, bool asks = false);
  void forked(const FeedId& feed);
  void narrow(Connection& connection);
  bool took_narrowing(Connection& connection, const MessageItem& message, ByteView body);
  void ask_legacy(Connection& connection, const FeedId& feed);
  void grew(const FeedId& feed, Seq have, std::optional<PeerNumber> from);
  void pump();
  void send_due();
  bool push(Connection& connection);
  void send_notes(Neighbour& peer, const Notes& notes);
  bool serve(Connection& connection);
  bool serve_one(Connection& connection, CallId id, Serving& serving);
  std::optional<std::string> text_to_send(const FeedId& feed, Seq sequence);
  void wake_later();

  Scheduler& scheduler_;
  Store& store_;
  Chores& chores_;
  PeerBook book_;
  HeldFeeds held_;
  const FeedId own_;
  Events events_;
  Ebt ebt_;
  Ingest ingest_;
  Timer wake_;
  std::set<FeedId> wanted_;
  std::set<std::pair<FeedId, FeedId>> withheld_;  ///< feed, host
  std::map<FeedId, Seq> on_their_way_;  ///< the last that `ingest_` was given of each, until it is idle
  bool came_back_ = false;              ///< messages of our own came from others, in this life
  std::int64_t last_arrival_ = 0;       ///< of the arrivals that were looked at
  std::map<PeerNumber, Connection> connections_;
  std::set<FeedId> asked_hosts_;  ///< who answered for our own feed; to be noted when everything is stored
  std::map<FeedId, Seq> acknowledged_;
  std::map<FeedId, ForkProof> forks_;
  std::set<std::pair<FeedId, FeedId>> shown_;  ///< feed, host: who got the proof, in this life; bounded
  std::set<FeedId> settled_;                   ///< whose owner settled the fork
  bool pumping_ = false;
  std::uint64_t moved_ = 0;
};

}  // namespace ssblog
