// SPDX-License-Identifier: MIT
// store/batch.h - one write transaction of a store.
//
// Used by publish (own messages, spool) and by everything that copies feeds. Begins immediately, so what
// it reads stays true until it commits; rolls back unless committed. One thread, one at a time.
#pragma once

#include "store/placer.h"
#include "store/store.h"

#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace ssblog {

class Batch {
 public:
  /// Waits for its turn as long as the store was opened with; Code::busy when it did not come.
  static Result<Batch> begin(Store& store, Durability durability);

  /// The feed as this transaction sees it; `tip` is empty when no message of it is held.
  Result<FeedRow> feed(const FeedId& id);

  /// Takes the next message of its feed. Code::data when it is not the next one. A statement of a feed's successor is
  /// noted (successors.h).
  Result<void> append(const Verified& message);

  /// True: that message begins the branch that its feed does not go on with (successors.h). It is not to be taken.
  Result<bool> is_left(const FeedId& feed, Seq sequence, const MessageKey& key);

  /// The state of a stream instance of a feed, as this transaction sees it.
  Result<InstanceState> instance(FeedNumber feed, std::string_view stream, std::string_view run);

  Result<void> set_meta(std::string_view name, ByteView value);
  Result<void> drop_meta(std::string_view name);
  Result<void> set_position(std::string_view source, std::string_view position);
  Result<void> drop_position(std::string_view source);

  /// After a message of our own feed: whom it follows may know more of our feed than we do.
  Result<void> note_witness(std::string_view own_content);

  /// Runs a statement of the caller's inside the transaction.
  Database& database() { return store_->database(); }
  Store& store() { return *store_; }

  /// `received` is our clock, for the order of receipt.
  Result<void> commit(Millis received);

  /// What is appended from now on came from this host.
  void came_from(const FeedId& host) { via_ = host; }

 private:
  struct Feed {
    FeedRow row;
    Seq first_new = 0;           ///< 0: nothing was appended
    std::int64_t new_bytes = 0;  ///< of the bodies that were appended
    bool asked_for_left = false;
    std::optional<FeedState> left;  ///< what `is_left` asks for, as far as it was asked
  };
  Batch(Store& store, Transaction transaction);
  Result<Feed*> find(const FeedId& id);
  Result<void> insert(Feed& feed, const MessageFacts& message, const Placed& placed);
  Result<void> finish_feed(const Feed& feed, Millis received);

  /// Statements and buffers, kept apart so that a Batch can move.
  struct Work {
    explicit Work(Database& database);
    Placer placer;
    BodyPacker packer;
    Statement add_feed, add_message, set_tip, add_arrival, set_meta, drop_meta, set_position, drop_position,
        add_witness;
    std::unordered_map<FeedId, Feed> feeds;
  };

  Store* store_;
  Transaction transaction_;
  std::optional<FeedId> via_;
  std::unique_ptr<Work> work_;
};

}  // namespace ssblog
