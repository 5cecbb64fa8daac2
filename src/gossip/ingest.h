// SPDX-License-Identifier: MIT
// gossip/ingest.h - messages that came from peers: checked on the worker pool, linked and stored on the loop.
//
// Used by Replicator. Messages are taken in the order they came. Signatures are checked in batches elsewhere;
// a message's place in its feed is checked here, inside the transaction that stores it. Transactions take a few
// milliseconds; where another process has the store's turn, a timer tries again: the loop never waits.
// Source: design.md, section 3, "Threads", and section 5, "Writers".
#pragma once

#include "gossip/protocol/ebt.h"
#include "loop/timer.h"
#include "loop/work.h"
#include "store/batch.h"
#include "store/forks.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace ssblog {

/// A message as a peer sent it.
struct ReceivedMessage {
  PeerNumber from = 0;
  FeedId host;       ///< the peer
  FeedId author;     ///< as the message says
  Seq sequence = 0;  ///< likewise
  ByteBuf text;
};

class Ingest {
 public:
  struct Events {
    /// A feed has grown to `have`; `from` sent the last of it.
    std::function<void(const FeedId& feed, Seq have, PeerNumber from)> stored;
    /// A message was refused. `fatal`: this peer's feed is none that goes on from what we hold. `forged`: no feed can
    /// have it, so that whoever passes it on is to blame; a fork is its author's doing.
    std::function<void(const ReceivedMessage& message, bool fatal, bool forged, const std::string& why)>
        refused;
    /// There is room again, after is_full() was true.
    std::function<void()> room;
    /// The store cannot be written to (a full disk): messages wait, and are tried again.
    std::function<void(const Error&)> trouble;
    std::function<void()> trouble_over;
    /// A feed said something new about another.
    std::function<void(const FeedId& author)> contact;
    /// All of a transaction has been told.
    std::function<void()> told;
    std::function<Millis()> clock;  ///< ms since 1970
    /// A feed is proven to be forked: nothing further of it is taken.
    std::function<void(const FeedId& feed)> forked = nullptr;
  };

  /// Borrows all of them. `store` must not wait for other writers.
  Ingest(Scheduler& scheduler, Store& store, const FeedId& own, const std::optional<SigningKey>& hmac,
         Events events);
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  void take(ReceivedMessage message);

  /// More should not be read from the network now.
  bool is_full() const { return waiting_bytes_ >= most_waiting_bytes; }
  bool is_idle() const { return fresh_.empty() && parts_.empty(); }

 private:
  static constexpr std::size_t most_waiting_bytes = 8 * 1024 * 1024;
  struct Checked {
    ReceivedMessage received;
    std::variant<std::monostate, Inspected, Rejection> result;
  };
  struct Part {
    std::vector<Checked> messages;
    std::size_t next = 0;  ///< of messages: to be linked
    bool checked = false;
    Ticket ticket;
  };
  void start_checks();
  void link();
  Result<void> link_some();
  Result<void> link_one(Batch& batch, Checked& checked);
  Result<void> take_second(Batch& batch, const FeedRow& feed, const ReceivedMessage& received,
                           const MessageKey& key);
  void retry(const Error& error);
  void forget();
  void tell();

  Scheduler& scheduler_;
  Store& store_;
  const FeedId own_;
  const std::optional<SigningKey> hmac_;
  Events events_;
  ForkBook forks_;
  std::vector<ReceivedMessage> fresh_;       ///< not being checked yet
  std::deque<std::unique_ptr<Part>> parts_;  ///< in the order they came
  std::size_t waiting_bytes_ = 0;
  bool was_full_ = false;
  bool linking_ = false;
  bool troubled_ = false;
  int busy_ = 0;  ///< tries in a row that found the store taken
  Timer again_;

  /// What the transaction under way has to tell when it is committed.
  struct Grown {
    FeedId feed;
    Seq have;
    PeerNumber from;
  };
  std::vector<Grown> grown_;
  struct Refusal {
    ReceivedMessage message;
    bool fatal;
    bool forged;
    std::string why;
  };
  std::vector<Refusal> refusals_;
  std::vector<FeedId> contacts_;
  std::vector<FeedId> forked_;
};

}  // namespace ssblog
