// SPDX-License-Identifier: MIT
#include "store/successors.h"

#include "store/batch.h"
#include "store/cut.h"

namespace ssblog {
namespace {

constexpr std::string_view statement_prefix = "successor:";  // and the old feed in hex; so the next ones
constexpr std::string_view other_prefix = "successor-other:";
constexpr std::string_view done_prefix = "successor-done:";
constexpr std::string_view settled_prefix = "settled:";  // forks.cc asks for it

std::string name_of(std::string_view prefix, const FeedId& feed) {
  return std::string(prefix) + to_hex(feed.view());
}

/// Nothing for what is damaged: then it is as if it was never heard.
Result<std::optional<Succession>> read(Store& store, std::string content, const FeedId& superseded) {
  Succession succession;
  const auto statement = read_successor(content);
  if (!statement || statement->supersedes != superseded) return std::optional<Succession>();
  succession.statement = *statement;
  succession.content = std::move(content);
  auto other = store.meta(name_of(other_prefix, superseded));
  if (!other) return other.error();
  succession.other = read_successor(as_text(*other));
  auto done = store.meta(name_of(done_prefix, superseded));
  if (!done) return done.error();
  succession.done = !done->empty();
  return std::optional(std::move(succession));
}

/// Somebody here speaks of it: it is held, or followed or blocked by a feed that is.
Result<bool> is_spoken_of(Store& store, const FeedId& feed) {
  Statement find(
      store.database(),
      "SELECT 1 FROM feeds WHERE id = ?1 UNION ALL SELECT 1 FROM contacts WHERE contact = ?1 LIMIT 1");
  return find.run(feed.view()).step();
}

/// A host with another identity can be asked under that alone what it holds of our own feed, and it was not yet.
Result<void> move_witness(Batch& batch, const FeedId& from, const FeedId& to) {
  Statement move(batch.database(),
                 "INSERT INTO witnesses(host, acknowledged, claimed, asked) "
                 "SELECT ?2, acknowledged, claimed, 0 FROM witnesses WHERE host = ?1 "
                 "ON CONFLICT(host) DO UPDATE SET acknowledged = max(acknowledged, excluded.acknowledged), "
                 "claimed = max(claimed, excluded.claimed), asked = 0");
  if (auto moved = move.exec(from.view(), to.view()); !moved) return moved;
  Statement drop(batch.database(), "DELETE FROM witnesses WHERE host = ?");
  return drop.exec(from.view());
}

Result<void> settle(Batch& batch, const Successor& statement) {
  return batch.set_meta(name_of(settled_prefix, statement.supersedes),
                        as_bytes(std::to_string(statement.last.sequence)));
}

}  // namespace

Result<std::optional<Succession>> succession_of(Store& store, const FeedId& superseded) {
  auto content = store.meta(name_of(statement_prefix, superseded));
  if (!content) return content.error();
  if (content->empty()) return std::optional<Succession>();
  return read(store, std::string(as_text(*content)), superseded);
}

Result<std::vector<Succession>> all_successions(Store& store) {
  std::vector<std::string> contents;
  {
    Statement rows(store.database(), "SELECT value FROM meta WHERE name >= ? AND name < ? ORDER BY name");
    auto run = rows.run(statement_prefix, std::string_view("successor;"));
    for (;;) {
      auto row = run.step();
      if (!row) return row.error();
      if (!*row) break;
      contents.emplace_back(as_text(run.blob(0)));
    }
  }
  std::vector<Succession> successions;
  for (std::string& content : contents) {
    const auto statement = read_successor(content);
    if (!statement) continue;
    auto succession = read(store, std::move(content), statement->supersedes);
    if (!succession) return succession.error();
    if (*succession) successions.push_back(std::move(**succession));
  }
  return successions;
}

Result<Heard> note_successor(Batch& batch, const Successor& statement, std::string_view content) {
  auto known = succession_of(batch.store(), statement.supersedes);
  if (!known) return known.error();
  if (*known) {
    if ((*known)->statement == statement) return Heard::known;
    if ((*known)->other) return Heard::known;
    auto noted = batch.set_meta(name_of(other_prefix, statement.supersedes), as_bytes(content));
    if (!noted) return noted.error();
    return Heard::conflict;
  }
  auto spoken_of = is_spoken_of(batch.store(), statement.supersedes);
  if (!spoken_of) return spoken_of.error();
  if (!*spoken_of) return Heard::unknown;
  if (auto noted = batch.set_meta(name_of(statement_prefix, statement.supersedes), as_bytes(content)); !noted)
    return noted.error();
  if (auto moved = move_witness(batch, statement.supersedes, statement.successor); !moved)
    return moved.error();
  if (statement.left) {
    auto held = holds_left_branch(batch.store(), {statement, {}, false, {}});
    if (!held) return held.error();
    if (!*held) {
      if (auto settled = settle(batch, statement); !settled) return settled.error();
    }
  }
  return Heard::fresh;
}

Result<void> note_done(Batch& batch, const FeedId& superseded) {
  return batch.set_meta(name_of(done_prefix, superseded), as_bytes("1"));
}

Result<bool> holds_left_branch(Store& store, const Succession& succession) {
  const Successor& statement = succession.statement;
  if (!statement.left) return false;
  auto row = store.feed(statement.supersedes);
  if (!row) return row.error();
  if (!*row || !(*row)->tip || (*row)->tip->sequence <= statement.last.sequence) return false;
  auto key = store.key_of(**row, statement.last.sequence + 1);
  if (!key) return key.error().code == Code::data ? Result<bool>(false) : key.error();
  return *key == statement.left;
}

Result<void> cut_left_branch(Store& store, const Succession& succession, const SigningKey* hmac, Millis now) {
  auto batch = Batch::begin(store, Durability::full);
  if (!batch) return batch.error();
  auto held = holds_left_branch(store, succession);
  if (!held) return held.error();
  if (*held) {
    auto cut =
        CutFeed::begin(*batch, succession.statement.supersedes, succession.statement.last.sequence, hmac);
    if (!cut) return cut.error();
    if (auto done = cut->finish(); !done) return done;
  }
  if (auto settled = settle(*batch, succession.statement); !settled) return settled;
  return batch->commit(now);
}

}  // namespace ssblog
