// SPDX-License-Identifier: MIT
#include "store/batch.h"

#include "feed/contact.h"
#include "store/successors.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {
Batch::Work::Work(Database& database)
    : placer(database),
      add_feed(database, "INSERT INTO feeds(id, sequence) VALUES (?, 0)"),
      add_message(database, "INSERT INTO messages VALUES (?, ?, ?, ?, ?)"),
      set_tip(database, "UPDATE feeds SET sequence = ?, key = ?, timestamp = ? WHERE feed = ?"),
      add_arrival(database,
                  "INSERT INTO arrivals(feed, first_sequence, last_sequence, received, via, bytes) "
                  "VALUES (?, ?, ?, ?, ?, ?)"),
      set_meta(database, "INSERT OR REPLACE INTO meta VALUES (?, ?)"),
      drop_meta(database, "DELETE FROM meta WHERE name = ?"),
      set_position(database, "INSERT OR REPLACE INTO positions VALUES (?, ?)"),
      drop_position(database, "DELETE FROM positions WHERE source = ?"),
      add_witness(database, "INSERT OR IGNORE INTO witnesses(host) VALUES (?)") {}

Batch::Batch(Store& store, Transaction transaction)
    : store_(&store), transaction_(std::move(transaction)), work_(std::make_unique<Work>(store.database())) {}

Result<Batch> Batch::begin(Store& store, Durability durability) {
  if (durability == Durability::normal && store.is_log_full()) {
    return Error{Code::busy,
                 fmt::format("the log of the store {} is full, since a program has been reading the store "
                             "for long",
                             store.path())};
  }
  if (auto set = set_durability(store.database(), durability); !set) return set.error();
  auto transaction = Transaction::begin(store.database());
  if (!transaction) return transaction.error();
  return Batch(store, std::move(*transaction));
}

Result<Batch::Feed*> Batch::find(const FeedId& id) {
  const auto [at, is_new] = work_->feeds.try_emplace(id);
  if (!is_new) return &at->second;
  auto held = store_->feed(id);
  if (!held) return held.error();
  if (*held) {
    at->second.row = **held;
  } else {
    if (auto added = work_->add_feed.exec(id.view()); !added) return added.error();
    at->second.row.number = sqlite3_last_insert_rowid(database().handle());
    at->second.row.id = id;
  }
  return &at->second;
}

Result<FeedRow> Batch::feed(const FeedId& id) {
  auto found = find(id);
  if (!found) return found.error();
  return (*found)->row;
}

Result<void> Batch::append(const Verified& message) {
  auto found = find(message->author);
  if (!found) return found.error();
  Feed& feed = **found;
  const Seq expected = feed.row.tip ? feed.row.tip->sequence + 1 : 1;
  const auto previous = feed.row.tip ? std::optional(feed.row.tip->key) : std::nullopt;
  if (message->sequence != expected || message->previous != previous) {
    return Error{Code::data, fmt::format("cannot append to feed {}: message {} is not the one behind {}",
                                         short_id(message->author), message->sequence, expected - 1)};
  }
  auto placed = work_->placer.take(feed.row.number, feed.row.id, *message);
  if (!placed) return placed.error();
  if (auto inserted = insert(feed, *message, *placed); !inserted) return inserted;
  if (feed.first_new == 0) feed.first_new = message->sequence;
  feed.row.tip = message.state();
  feed.row.timestamp = message->timestamp;
  const auto successor = read_successor(message->content());
  if (!successor || successor->successor != message->author) return {};
  auto noted = note_successor(*this, *successor, message->content());
  return noted ? Result<void>() : noted.error();
}

Result<bool> Batch::is_left(const FeedId& id, Seq sequence, const MessageKey& key) {
  if (!work_->feeds.contains(id)) {
    // Nothing is made for a feed of which nothing is held.
    auto row = store_->feed(id);
    if (!row) return row.error();
    if (!*row) return false;
  }
  auto found = find(id);
  if (!found) return found.error();
  Feed& feed = **found;
  if (!std::exchange(feed.asked_for_left, true)) {
    auto succession = succession_of(*store_, id);
    if (!succession) return succession.error();
    if (*succession && (*succession)->statement.left)
      feed.left = FeedState{(*succession)->statement.last.sequence + 1, *(*succession)->statement.left};
  }
  return feed.left == FeedState{sequence, key};
}

Result<void> Batch::insert(Feed& feed, const MessageFacts& message, const Placed& placed) {
  const RowId id = RowId::of(feed.row.number, message.sequence);
  const Placement& placement = placed.placement;
  const std::string shape = format_shape(placement);
  const auto body = work_->packer.pack(
      message.text,
      mark_of(BesideBody{&feed.row.id, message.sequence, placement.first, placed.instance, shape}));
  feed.new_bytes += static_cast<std::int64_t>(body.size());
  return work_->add_message.exec(id.value, placement.first, placed.instance,
                                 shape.empty() ? std::nullopt : std::optional<std::string_view>(shape), body);
}

Result<InstanceState> Batch::instance(FeedNumber feed, std::string_view stream, std::string_view run) {
  return work_->placer.instance(feed, stream, run);
}

Result<void> Batch::set_meta(std::string_view name, ByteView value) {
  return work_->set_meta.exec(name, value);
}
Result<void> Batch::drop_meta(std::string_view name) { return work_->drop_meta.exec(name); }
Result<void> Batch::set_position(std::string_view source, std::string_view position) {
  return work_->set_position.exec(source, position);
}
Result<void> Batch::drop_position(std::string_view source) { return work_->drop_position.exec(source); }
Result<void> Batch::note_witness(std::string_view own_content) {
  const auto contact = read_contact(own_content);
  if (!contact || contact->relation != Relation::follows) return {};
  return work_->add_witness.exec(contact->contact.view());
}

Result<void> Batch::finish_feed(const Feed& feed, Millis received) {
  const FeedState& tip = *feed.row.tip;
  if (auto set = work_->set_tip.exec(tip.sequence, tip.key.view(), feed.row.timestamp, feed.row.number); !set)
    return set;
  return work_->add_arrival.exec(feed.row.number, feed.first_new, tip.sequence, received,
                                 via_ ? std::optional(via_->view()) : std::nullopt, feed.new_bytes);
}

Result<void> Batch::commit(Millis received) {
  if (auto flushed = work_->placer.flush(); !flushed) return flushed;
  for (const auto& [id, feed] : work_->feeds) {
    if (feed.first_new == 0) continue;
    if (auto done = finish_feed(feed, received); !done) return done;
  }
  return transaction_.commit();
}

}  // namespace ssblog
