// SPDX-License-Identifier: MIT
// gossip/protocol/ebt.h - epidemic broadcast trees: who is to get which messages of which feed.
//
// Used by Replicator, one object a host, for all its peers. Pure: no I/O, time comes in as an argument.
// Source: replication.md, "EBT" (version 3); where the two versions of the reference differ, version 9.
//
// How it is driven. The owner tells what happens: peers that open and close the stream, their notes and messages,
// what the store took or refused. After each of these it asks for what is to be sent:
//
//     for (PeerNumber peer : ebt.take_dirty()) {
//       while (auto push = ebt.next_push(peer)) {       // as long as the peer's buffers have room
//         ... send messages push->from, push->from + 1, ... up to push->have, as far as there is room
//         ebt.pushed(peer, push->feed, last_sent);
//       }
//       if (auto notes = ebt.take_notes(peer)) ... send them
//     }
//
// A peer without room is asked for again when it has some. Nothing is sent that the store does not hold: `stored`
// is the only thing that moves our own clock, so a message that was refused never counts. Notes, and what peers are sent, are
// in ebt.cc; of whom we ask which feed is in ebt_tree.cc.
#pragma once

#include "gossip/protocol/note.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace ssblog {

/// A connection's number in this process; never reused.
using PeerNumber = std::uint64_t;

class Ebt {
 public:
  using Time = std::chrono::milliseconds;  ///< on a clock that never jumps
  using Clock =
      std::map<FeedId, std::int64_t>;  ///< what a peer said that it holds; -1: it does not want the feed

  /// A peer that claims messages and sends none for so long is left for another.
  static constexpr Time patience{3000};
  /// An acknowledgement waits for a pause in the feed, but not longer than the second.
  static constexpr Time ack_pause{20};
  static constexpr Time ack_wait{1000};

  struct Push {
    FeedId feed;
    Seq from;  ///< the next message that the peer is to get
    Seq have;  ///< the last one that we hold
  };

  /// The feed of this host is always in our first notes, and always wanted.
  explicit Ebt(const FeedId& own);

  // What happens.

  /// A feed is to be replicated from now on, or no more. `have` is what the store holds.
  void want(const FeedId& feed, Seq have);
  void unwant(const FeedId& feed);
  /// Nothing more of a feed is taken, from anybody: it is asked for no more. What is held still goes to who wants it.
  /// For as long as the feed is wanted.
  void seal(const FeedId& feed);
  /// It is replicated as any other again, and asked for.
  void unseal(const FeedId& feed, Time now);
  /// The store holds less of a feed than it did: what is missing is asked for again, and what peers asked us for goes to
  /// them when it is back.
  void set_back(const FeedId& feed, Seq have, Time now);
  /// What `saved` said is not to be relied on, for any peer: every feed that was left out for it is told.
  void forget_meetings(Time now);
  /// An author that blocks a host does not want its feed to go there.
  void withhold(const FeedId& feed, const FeedId& host);
  /// ... and does so again.
  void give(const FeedId& feed, const FeedId& host);

  /// The stream is open; `client`: we called. `saved` is what `close` gave at the last meeting.
  void open(PeerNumber peer, const FeedId& host, bool client, const Clock& saved, Time now);
  /// @return what the peer claims to hold of the feeds that are wanted.
  Clock close(PeerNumber peer, Time now);

  void take_notes(PeerNumber peer, const Notes& notes, Time now);
  /// True: check the message and store it; it is one that we asked for, and new.
  bool take_message(PeerNumber peer, const FeedId& feed, Seq sequence, Time now);

  /// The store holds `have` messages of a feed; `from` sent the last of them (none: it was published here, or came
  /// in a bundle).
  void stored(const FeedId& feed, Seq have, std::optional<PeerNumber> from, Time now);
  /// A message was refused for a reason that ends the feed for this peer; others may send it.
  void refused(PeerNumber peer, const FeedId& feed, Time now);

  /// When `wake` wants to be called, if ever.
  std::optional<Time> wake_at() const;
  void wake(Time now);

  // What is to be done.

  /// Peers for whom there may be something to send, each once; they are not dirty any more.
  std::vector<PeerNumber> take_dirty();
  std::optional<Push> next_push(PeerNumber peer);
  void pushed(PeerNumber peer, const FeedId& feed, Seq upto);
  /// Notes that wait to be sent.
  std::optional<Notes> take_notes(PeerNumber peer);

  // What is known.

  /// What a peer said that it holds; nothing when it never spoke of the feed, -1 when it does not want it.
  std::optional<std::int64_t> claim(PeerNumber peer, const FeedId& feed) const;
  /// The last message of a feed that a peer has, or was sent; an ssb-server does not say what arrived.
  Seq reached(PeerNumber peer, const FeedId& feed) const;
  /// The peer has said what it holds, and nothing waits to be sent to it.
  bool is_level(PeerNumber peer) const;
  bool wants(const FeedId& feed) const { return feeds_.contains(feed); }

 private:
  /// One feed between one peer and us.
  struct Lane {
    std::optional<std::int64_t> claim;  ///< -1: it does not want the feed
    Seq sent = 0;                       ///< what it has, or was sent
    bool sends = false;                 ///< we asked it to send (rx)
    bool wants = false;                 ///< it asked us to send (tx)
    bool told = false;                  ///< our notes named the feed
    bool dead = false;                  ///< it sent us something that cannot be of the feed
    Time heard{0};                      ///< of the last message, or of our asking
    Time asked{0};
    bool asked_before = false;
    Seq taken = 0;                  ///< its last message, since it was asked
    std::optional<Time> delivered;  ///< its last new message
  };
  struct Peer {
    FeedId host;
    bool greeted = false;  ///< our first notes are out
    bool heard = false;    ///< its first notes are here
    std::unordered_map<FeedId, Lane> lanes;
    std::set<FeedId> due;      ///< feeds of which messages are to be sent
    std::set<FeedId> refused;  ///< ids that were answered with -1
    std::optional<Notes> notes;
    Clock saved;
    std::optional<Time> ack_at, ack_by;
  };
  struct Feed {
    Seq have = 0;
    std::set<FeedId> withheld;  ///< hosts
    bool sealed = false;
    std::optional<Time> check_at;
  };

  bool goes_to(const Feed& feed, const Peer& peer) const { return !feed.withheld.contains(peer.host); }
  void greet(PeerNumber number, Peer& peer, Time now);
  void greet_anew(PeerNumber number, Peer& peer, Time now);
  void greet_with(PeerNumber number, Peer& peer, const FeedId& feed, Time now);
  void take_note(PeerNumber number, Peer& peer, const FeedId& id, std::optional<Note> note, Time now);
  void refuse(PeerNumber number, Peer& peer, const FeedId& id);
  void tell(PeerNumber number, Peer& peer, const FeedId& id, Lane& lane, std::optional<Note> note);
  void make_due(PeerNumber number, Peer& peer, const FeedId& id, const Lane& lane);
  Lane* lane_of(PeerNumber peer, const FeedId& feed);

  // ebt_tree.cc
  void ask(PeerNumber number, Peer& peer, const FeedId& id, Lane& lane, Time now);
  void ask_if_better(PeerNumber number, Peer& peer, const FeedId& id, Lane& lane, bool answer, Time now);
  void check(const FeedId& id, Time now);
  void check_later(const FeedId& id, Feed& feed, Time at);

  const FeedId own_;
  std::unordered_map<FeedId, Feed> feeds_;  ///< those that are wanted
  std::map<PeerNumber, Peer> peers_;
  std::set<PeerNumber> dirty_;
  std::set<std::pair<Time, FeedId>> checks_;  ///< feeds that somebody claims to have more of
  std::set<std::pair<Time, PeerNumber>> acks_;
};

}  // namespace ssblog
