// SPDX-License-Identifier: MIT
#include "store/forks.h"

#include <fmt/format.h>

#include <variant>

namespace ssblog {
namespace {

ForkProof proof_of(const Statement::Run& run) {
  ForkProof proof;
  proof.feed = FeedId::from(run.blob(0)).value_or(FeedId{});
  proof.sequence = static_cast<Seq>(run.integer(1));
  proof.held = MessageKey::from(run.blob(2)).value_or(MessageKey{});
  proof.other = MessageKey::from(run.blob(3)).value_or(MessageKey{});
  proof.held_text = run.text(4);
  proof.other_text = run.text(5);
  proof.found = run.integer(6);
  return proof;
}

/// The held message, if it is what it was when it was taken: a damaged one proves nothing.
Result<std::optional<std::string>> good_message(Batch& batch, const FeedRow& feed, Seq sequence,
                                                const MessageKey& key, const SigningKey* hmac) {
  auto text = batch.store().message(RowId::of(feed.number, sequence));
  if (!text) return text.error();
  const auto inspected = inspect(as_bytes(*text), hmac);
  const auto* good = std::get_if<Inspected>(&inspected);
  const bool is_it =
      good != nullptr && good->author() == feed.id && good->sequence() == sequence && good->key() == key;
  return is_it ? std::optional(std::move(*text)) : std::nullopt;
}

}  // namespace

ForkBook::ForkBook(Store& store)
    // Behind a statement that settles it (successors.h) a feed goes on with one of its branches.
    : is_forked_(store.database(),
                 "SELECT 1 FROM forks WHERE feed = ?1 AND NOT EXISTS (SELECT 1 FROM meta WHERE name = "
                 "'settled:' || lower(hex(?1)) AND CAST(CAST(value AS TEXT) AS INTEGER) < sequence)"),
      of_(store.database(),
          "SELECT feed, sequence, held_key, other_key, held, other, found FROM forks WHERE feed = ?"),
      all_(store.database(),
           "SELECT feed, sequence, held_key, other_key, held, other, found FROM forks ORDER BY feed") {}

Result<bool> ForkBook::is_forked(const FeedId& feed) { return is_forked_.run(feed.view()).step(); }

Result<std::optional<ForkProof>> ForkBook::of(const FeedId& feed) {
  auto run = of_.run(feed.view());
  auto row = run.step();
  if (!row) return row.error();
  return *row ? std::optional(proof_of(run)) : std::nullopt;
}

Result<std::vector<ForkProof>> ForkBook::all() {
  std::vector<ForkProof> proofs;
  auto run = all_.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return proofs;
    proofs.push_back(proof_of(run));
  }
}

Result<bool> note_fork(Batch& batch, const FeedRow& feed, Seq sequence, const MessageKey& key,
                       std::string_view text, const SigningKey* hmac, Millis now) {
  auto known = ForkBook(batch.store()).of(feed.id);
  if (!known) return known.error();
  // The earliest pair says most.
  if (*known && (*known)->sequence <= sequence) return false;
  auto held = batch.store().key_of(feed, sequence);
  // What is damaged is told by `verify`; it proves nothing.
  if (!held) return held.error().code == Code::data ? Result<bool>(false) : held.error();
  if (!*held || **held == key) return false;
  auto good = good_message(batch, feed, sequence, **held, hmac);
  if (!good) return good.error().code == Code::data ? Result<bool>(false) : good.error();
  if (!*good) return false;
  Statement insert(batch.database(), "INSERT OR REPLACE INTO forks VALUES (?, ?, ?, ?, ?, ?, ?)");
  auto done = insert.exec(feed.id.view(), sequence, (*held)->view(), key.view(), as_bytes(**good),
                          as_bytes(text), now);
  if (!done) return done.error();
  return true;
}

bool is_where_they_part(const ForkProof& proof) {
  if (proof.sequence == 1) return true;
  const auto held = place_in_feed(proof.held_text), other = place_in_feed(proof.other_text);
  return held && other && held->previous == other->previous;
}

std::string fork_text(const ForkProof& proof) {
  return fmt::format("the feed {} is forked: its author signed both {} and {} as message {}",
                     to_text(proof.feed), to_text(proof.held), to_text(proof.other), proof.sequence);
}

}  // namespace ssblog
