// SPDX-License-Identifier: MIT
// store/peer_book.h - what the store knows of other hosts: where they are, what they hold, whom they follow.
//
// Used by gossip and by the commands that follow, connect and look. Writes happen inside a Batch; reads see
// what is committed. One thread a PeerBook. Source: design.md, sections 5 and 7.
#pragma once

#include "feed/contact.h"
#include "store/batch.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// The newest word of one feed about another (feed/contact.h has the words).
struct ContactEdge {
  FeedId author;
  FeedId contact;
  int relation = 0;  ///< 1 follows, -1 blocks, -2 neither
};

/// The newest messages of a feed that came in.
struct FeedArrival {
  Millis received = 0;        ///< our clock
  std::optional<FeedId> via;  ///< the host that they came from; none: they are ours, or came in a bundle
};

/// Bytes of the messages of a feed, as they are stored.
struct FeedSize {
  std::int64_t bytes = 0;
  std::int64_t fresh_bytes = 0;  ///< of those that came lately
  Millis first_received = 0;     ///< our clock; 0: nothing is held
};

/// Messages of one feed that came in one transaction.
struct Arrived {
  std::int64_t id = 0;  ///< ascending
  FeedNumber feed = 0;
  Seq last = 0;
  bool local = false;  ///< not from another host: they are ours, or came in a bundle
};

class PeerBook {
 public:
  /// Borrows the store.
  explicit PeerBook(Store& store);

  Result<std::vector<ContactEdge>> edges();

  /// What a host said last that it holds; -1: it does not want the feed. Empty: it never said anything.
  Result<std::map<FeedId, std::int64_t>> clock(const FeedId& host);

  /// What any other host said last that it holds, of each feed; the most of it.
  Result<std::map<FeedId, Seq>> most_claimed();

  /// Addresses that a person saved.
  Result<std::vector<std::string>> addresses();

  /// Who claims more of our own feed than we held, and was not asked yet.
  Result<std::map<FeedId, Seq>> claims();

  /// How many other hosts said that they hold our own message `sequence`.
  Result<std::size_t> copies(Seq sequence);

  Result<std::optional<FeedArrival>> last_arrival(FeedNumber feed);

  /// Of the newest arrival; 0: nothing ever came.
  Result<std::int64_t> last_arrival_id();

  /// What came after the arrival `id`, in order. Says what another process wrote, at next to no cost.
  Result<std::vector<Arrived>> arrived_after(std::int64_t id);

  /// What a feed takes, and how much of it came since `since` (ms since 1970, our clock).
  Result<FeedSize> size_of(FeedNumber feed, Millis since);

 private:
  Statement edges_, clock_, most_claimed_, addresses_, claims_, copies_, arrival_, newest_, arrived_, size_;
};

/// What a feed last said of another; nothing: it never spoke of it.
Result<std::optional<Relation>> relation_of(Store& store, const FeedId& author, const FeedId& contact);

/// Replaces what a host said.
Result<void> save_clock(Batch& batch, const FeedId& host, const std::map<FeedId, std::int64_t>& clock);
/// ... and all that any host ever said.
Result<void> forget_clocks(Batch& batch);

/// True when the address was not there.
Result<bool> save_address(Batch& batch, const std::string& address);
/// True when it was there.
Result<bool> drop_address(Batch& batch, const std::string& address);

/// A host said that it holds our own feed up to `sequence`.
Result<void> note_acknowledged(Batch& batch, const FeedId& host, Seq sequence);

/// A host claims more of our own feed than we hold: publishing is held from now on.
Result<void> note_claim(Batch& batch, const FeedId& host, Seq claimed);

/// A host does not count any more in what is known of our own feed: it was blocked.
Result<void> drop_witness(Batch& batch, const FeedId& host);

/// A host was asked for our own feed from its tip on, and had no more.
Result<void> note_asked(Batch& batch, const FeedId& host);

/// Deletes a feed and everything that follows from it. Its disk comes back by `give_back_disk`.
Result<void> forget_feed(Batch& batch, const FeedRow& feed);

/// Gives free pages of the file back to the system.
Result<void> give_back_disk(Store& store);

}  // namespace ssblog
