// SPDX-License-Identifier: MIT
#include "store/peer_book.h"

#include "store/hold.h"

namespace ssblog {

PeerBook::PeerBook(Store& store)
    : edges_(store.database(),
             "SELECT f.id, c.contact, c.relation FROM contacts c JOIN feeds f ON f.feed = c.feed "
             "ORDER BY c.feed, c.contact"),
      clock_(store.database(), "SELECT feed, sequence FROM clocks WHERE host = ?"),
      most_claimed_(store.database(),
                    "SELECT feed, max(sequence) FROM clocks WHERE sequence > 0 GROUP BY feed"),
      addresses_(store.database(), "SELECT address FROM addresses ORDER BY address"),
      claims_(store.database(), "SELECT host, claimed FROM witnesses WHERE claimed > 0 AND asked = 0"),
      copies_(store.database(), "SELECT count(*) FROM witnesses WHERE acknowledged >= ?"),
      arrival_(store.database(),
               "SELECT received, via FROM arrivals WHERE feed = ? ORDER BY last_sequence DESC LIMIT 1"),
      newest_(store.database(), "SELECT coalesce(max(id), 0) FROM arrivals"),
      arrived_(store.database(),
               "SELECT id, feed, last_sequence, via IS NULL FROM arrivals WHERE id > ? ORDER BY id"),
      size_(store.database(),
            "SELECT coalesce(sum(bytes), 0), coalesce(sum(bytes) FILTER (WHERE received >= ?2), 0), "
            "coalesce(min(received), 0) FROM arrivals WHERE feed = ?1") {}

Result<std::vector<ContactEdge>> PeerBook::edges() {
  std::vector<ContactEdge> edges;
  auto run = edges_.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return edges;
    const auto author = FeedId::from(run.blob(0));
    const auto contact = FeedId::from(run.blob(1));
    if (author && contact) edges.push_back({*author, *contact, static_cast<int>(run.integer(2))});
  }
}

Result<std::map<FeedId, std::int64_t>> PeerBook::clock(const FeedId& host) {
  std::map<FeedId, std::int64_t> clock;
  auto run = clock_.run(host.view());
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return clock;
    if (const auto feed = FeedId::from(run.blob(0))) clock[*feed] = run.integer(1);
  }
}

Result<std::map<FeedId, Seq>> PeerBook::most_claimed() {
  std::map<FeedId, Seq> claims;
  auto run = most_claimed_.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return claims;
    if (const auto feed = FeedId::from(run.blob(0))) claims[*feed] = static_cast<Seq>(run.integer(1));
  }
}

Result<std::vector<std::string>> PeerBook::addresses() {
  std::vector<std::string> addresses;
  auto run = addresses_.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return addresses;
    addresses.emplace_back(run.text(0));
  }
}

Result<std::map<FeedId, Seq>> PeerBook::claims() {
  std::map<FeedId, Seq> claims;
  auto run = claims_.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return claims;
    if (const auto host = FeedId::from(run.blob(0))) claims[*host] = static_cast<Seq>(run.integer(1));
  }
}

Result<std::size_t> PeerBook::copies(Seq sequence) {
  auto run = copies_.run(sequence);
  if (auto row = run.step(); !row) return row.error();
  return static_cast<std::size_t>(run.integer(0));
}

Result<std::optional<FeedArrival>> PeerBook::last_arrival(FeedNumber feed) {
  auto run = arrival_.run(feed);
  auto row = run.step();
  if (!row) return row.error();
  if (!*row) return std::optional<FeedArrival>();
  FeedArrival arrival{run.integer(0), std::nullopt};
  if (!run.null(1)) arrival.via = FeedId::from(run.blob(1));
  return std::optional(arrival);
}

Result<std::int64_t> PeerBook::last_arrival_id() {
  auto run = newest_.run();
  if (auto row = run.step(); !row) return row.error();
  return run.integer(0);
}

Result<std::vector<Arrived>> PeerBook::arrived_after(std::int64_t id) {
  std::vector<Arrived> arrived;
  auto run = arrived_.run(id);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return arrived;
    arrived.push_back(
        {run.integer(0), run.integer(1), static_cast<Seq>(run.integer(2)), run.integer(3) != 0});
  }
}

Result<FeedSize> PeerBook::size_of(FeedNumber feed, Millis since) {
  auto run = size_.run(feed, since);
  if (auto row = run.step(); !row) return row.error();
  return FeedSize{run.integer(0), run.integer(1), run.integer(2)};
}

Result<std::optional<Relation>> relation_of(Store& store, const FeedId& author, const FeedId& contact) {
  Statement statement(
      store.database(),
      "SELECT relation FROM contacts c JOIN feeds f ON f.feed = c.feed WHERE f.id = ? AND c.contact = ?");
  auto run = statement.run(author.view(), contact.view());
  auto row = run.step();
  if (!row) return row.error();
  return *row ? std::optional(static_cast<Relation>(run.integer(0))) : std::nullopt;
}

Result<void> save_clock(Batch& batch, const FeedId& host, const std::map<FeedId, std::int64_t>& clock) {
  Statement clear(batch.database(), "DELETE FROM clocks WHERE host = ?");
  if (auto cleared = clear.exec(host.view()); !cleared) return cleared;
  Statement insert(batch.database(), "INSERT INTO clocks VALUES (?, ?, ?)");
  for (const auto& [feed, sequence] : clock) {
    if (auto inserted = insert.exec(host.view(), feed.view(), sequence); !inserted) return inserted;
  }
  return {};
}

Result<void> forget_clocks(Batch& batch) { return batch.database().run("DELETE FROM clocks"); }

namespace {

Result<bool> changes_a_row(Batch& batch, const char* sql, const std::string& argument) {
  Statement statement(batch.database(), sql);
  if (auto done = statement.exec(std::string_view(argument)); !done) return done.error();
  return batch.database().changes() > 0;
}

}  // namespace

Result<bool> save_address(Batch& batch, const std::string& address) {
  return changes_a_row(batch, "INSERT OR IGNORE INTO addresses VALUES (?)", address);
}

Result<bool> drop_address(Batch& batch, const std::string& address) {
  return changes_a_row(batch, "DELETE FROM addresses WHERE address = ?", address);
}

Result<void> note_acknowledged(Batch& batch, const FeedId& host, Seq sequence) {
  Statement note(batch.database(),
                 "INSERT INTO witnesses(host, acknowledged) VALUES (?1, ?2) "
                 "ON CONFLICT (host) DO UPDATE SET acknowledged = max(acknowledged, ?2)");
  return note.exec(host.view(), sequence);
}

Result<void> note_claim(Batch& batch, const FeedId& host, Seq claimed) {
  // First the hold: it forgets who was asked before it began.
  if (auto held = begin_hold(batch, Hold::shown_more); !held) return held;
  Statement note(batch.database(),
                 "INSERT INTO witnesses(host, claimed) VALUES (?1, ?2) "
                 "ON CONFLICT (host) DO UPDATE SET claimed = max(claimed, ?2)");
  return note.exec(host.view(), claimed);
}

Result<void> drop_witness(Batch& batch, const FeedId& host) {
  Statement drop(batch.database(), "DELETE FROM witnesses WHERE host = ?");
  return drop.exec(host.view());
}

Result<void> note_asked(Batch& batch, const FeedId& host) {
  Statement note(batch.database(), "UPDATE witnesses SET asked = 1 WHERE host = ?");
  return note.exec(host.view());
}

Result<void> forget_feed(Batch& batch, const FeedRow& feed) {
  constexpr const char* by_message[] = {
      "DELETE FROM messages WHERE id BETWEEN ?1 AND ?2",
      "DELETE FROM wide WHERE id BETWEEN ?1 AND ?2",
      "DELETE FROM continued WHERE next BETWEEN ?1 AND ?2",
      "DELETE FROM unset_clocks WHERE id BETWEEN ?1 AND ?2",
  };
  constexpr const char* by_feed[] = {
      "DELETE FROM instances WHERE feed = ?", "DELETE FROM names WHERE feed = ?",
      "DELETE FROM contacts WHERE feed = ?",  "DELETE FROM boots WHERE feed = ?",
      "DELETE FROM runs WHERE feed = ?",      "DELETE FROM expectations WHERE feed = ?",
      "DELETE FROM removals WHERE feed = ?",  "DELETE FROM alerts WHERE feed = ?",
      "DELETE FROM arrivals WHERE feed = ?",  "DELETE FROM feeds WHERE feed = ?",
  };
  for (const char* sql : by_message) {
    Statement statement(batch.database(), sql);
    auto done = statement.exec(RowId::of(feed.number, 0).value, RowId::of(feed.number + 1, 0).value - 1);
    if (!done) return done;
  }
  for (const char* sql : by_feed) {
    Statement statement(batch.database(), sql);
    if (auto done = statement.exec(feed.number); !done) return done;
  }
  return {};
}

Result<void> give_back_disk(Store& store) {
  // Each step frees one page.
  Statement vacuum(store.database(), "PRAGMA incremental_vacuum");
  auto run = vacuum.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) break;
  }
  return store.database().run("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace ssblog
