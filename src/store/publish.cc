// SPDX-License-Identifier: MIT
#include "store/publish.h"

#include "feed/json.h"
#include "store/rebase.h"
#include "store/spool.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>

namespace ssblog {
namespace {

constexpr double clock_was_set = 10'000;  // ms: less is two clocks reading, or many messages in one ms
// What a content may have to stand beside when it is signed at last: nothing is longer.
const FeedState longest_state{max_sequence - 1, {}};
constexpr double longest_timestamp = 9'999'999'999'999.999;
constexpr int spool_batch = 256;  // spooled contents a transaction

/// Where this identity followed another one: programs may have been running since before. Null: it did not.
Result<std::unique_ptr<Rebase>> rebase_of(Batch& batch, const FeedId& own) {
  auto before = predecessor(batch.store());
  if (!before) return before.error();
  if (!*before || **before == own) return std::unique_ptr<Rebase>();
  auto old_feed = batch.feed(**before);
  if (!old_feed) return old_feed.error();
  auto fresh = batch.feed(own);
  if (!fresh) return fresh.error();
  return std::make_unique<Rebase>(batch, *old_feed, *fresh);
}

}  // namespace

double next_timestamp(Millis now, double last) {
  const auto clock = static_cast<double>(now);
  if (clock > last || last - clock > clock_was_set) return clock;
  return (std::round(last * 1000) + 1) / 1000;
}

Publisher::Publisher(Store& store, const KeyPair& keys, const SigningKey* hmac, Guard guard)
    : store_(store), keys_(keys), hmac_(hmac), guard_(std::move(guard)) {}

Result<Published> Publisher::publish(std::span<const std::string> contents, Millis now) {
  return publish_all(contents, nullptr, now);
}

Result<Published> Publisher::publish_with(std::span<const std::string> contents, const Together& together,
                                          Millis now) {
  return publish_all(contents, together, now);
}

Result<Published> Publisher::publish_all(std::span<const std::string> contents, const Together& together,
                                         Millis now) {
  for (;;) {
    auto batch = Batch::begin(store_, Durability::full);
    if (!batch) return batch.error();
    // Until the guard is written: a copy of this store has transactions of its own, but the same guard.
    const auto guard_lock = guard_.lock();
    if (!guard_lock && guard_lock.error().code == Code::busy) return guard_lock.error();
    auto facts = read_hold_facts(*batch, keys_.id(), guard_);
    if (!facts) return facts.error();
    const Hold hold = decide_hold(*facts);
    Spool spool(*batch);
    if (hold != Hold::none) {
      if (together) return Error{Code::busy, fmt::format("publishing is held: {}", explain(hold))};
      if (auto spooled = spool_all(*batch, spool, contents, now); !spooled) return spooled.error();
      if (auto noted = note_held(*batch, *facts, now); !noted) return noted.error();
      if (auto done = batch->commit(now); !done) return done.error();
      Published published;
      published.held = hold;
      return published;
    }
    if (facts->standing != Hold::none || facts->since != 0) {
      if (auto ended = end_hold(*batch); !ended) return ended.error();
    }
    auto rebase = rebase_of(*batch, keys_.id());
    if (!rebase) return rebase.error();
    auto emptied = empty_spool(*batch, spool, rebase->get());
    if (!emptied) return emptied.error();
    if (*emptied && together) {
      if (auto written = together(*batch); !written) return written.error();
    }
    if (*emptied) {
      for (const std::string& content : contents) {
        auto own = batch->feed(keys_.id());
        if (!own) return own.error();
        // Who publishes together with a position asked this feed where it goes on.
        auto said = *rebase && !together ? (*rebase)->follow(content) : Result<std::string>(content);
        if (!said) return said.error();
        if (auto signed_one = sign_one(*batch, *said, next_timestamp(now, own->timestamp)); !signed_one)
          return signed_one.error();
      }
    }
    if (facts->asked > 0) {
      if (auto forgotten = forget_answers(*batch, keys_.id()); !forgotten) return forgotten.error();
    }
    auto published = commit(*batch, *facts, guard_lock, now);
    if (!published || *emptied) return published;
  }
}

/// Signs spooled contents, as many as one transaction takes. True: none is left.
Result<bool> Publisher::empty_spool(Batch& batch, Spool& spool, Rebase* rebase) {
  for (int i = 0; i < spool_batch; ++i) {
    auto front = spool.front();
    if (!front) return front.error();
    if (!*front) return true;
    Spooled& spooled = **front;
    if (rebase != nullptr) {
      auto content = rebase->follow(spooled.content);
      if (!content) return content.error();
      spooled.content = std::move(*content);
    }
    auto own = batch.feed(keys_.id());
    if (!own) return own.error();
    // The rest of a content that is cut anew has to be a message of its own, so of a time of its own.
    double timestamp = spooled.timestamp;
    auto done = spool.unsigned_part(*own, spooled, [&](std::string_view content) {
      auto signed_one = sign_one(batch, content, timestamp);
      timestamp = next_timestamp(clamp_time(timestamp), timestamp);
      return signed_one;
    });
    if (!done) return done.error();
    if (auto popped = spool.pop(spooled); !popped) return popped.error();
  }
  return false;
}

Result<void> Publisher::spool_all(Batch& batch, Spool& spool, std::span<const std::string> contents,
                                  Millis now) {
  auto own = batch.feed(keys_.id());
  if (!own) return own.error();
  auto spooled = spool.last_timestamp();
  if (!spooled) return spooled.error();
  double last = spooled->value_or(own->timestamp);
  // What could never be signed must be refused now, while somebody is there to be told.
  for (const std::string& content : contents) {
    last = next_timestamp(now, last);
    if (auto fits = sign(keys_, longest_state, longest_timestamp, content, hmac_); !fits) return fits.error();
    if (auto pushed = spool.push(content, last); !pushed) return pushed;
  }
  return {};
}

Result<void> Publisher::sign_one(Batch& batch, std::string_view content, double timestamp) {
  auto own = batch.feed(keys_.id());
  if (!own) return own.error();
  auto message = sign(keys_, own->tip, timestamp, content, hmac_);
  if (!message) return message.error();
  if (auto noted = batch.note_witness(content); !noted) return noted;
  return batch.append(*message);
}

Result<Published> Publisher::commit(Batch& batch, const HoldFacts& facts,
                                    const Result<Guard::Lock>& guard_lock, Millis now) {
  auto own = batch.feed(keys_.id());
  if (!own) return own.error();
  if (auto done = batch.commit(now); !done) return done.error();
  Published published;
  published.last = own->tip;
  if (!own->tip) return published;
  auto store = store_.id();
  if (!store) return store.error();
  // After the commit, never before: a guard that is ahead of its store holds publishing.
  const GuardRecord record{own->tip->sequence, own->tip->key, *store, facts.machine};
  const bool guard_backwards = facts.guard && facts.guard->sequence > facts.tip;
  auto guarded =
      guard_lock ? guard_.write(*guard_lock, record, guard_backwards) : Result<void>(guard_lock.error());
  if (!guarded) published.guard_trouble = guarded.error();
  return published;
}

Result<Published> Publisher::force(Millis now) {
  auto machine = this_machine();
  if (!machine) return machine.error();
  auto batch = Batch::begin(store_, Durability::full);
  if (!batch) return batch.error();
  if (auto ended = end_hold(*batch); !ended) return ended.error();
  if (auto dropped = drop_claims(*batch); !dropped) return dropped.error();
  auto own = batch->feed(keys_.id());
  if (!own) return own.error();
  if (auto done = batch->commit(now); !done) return done.error();
  auto store = store_.id();
  if (!store) return store.error();
  const FeedState tip = own->tip.value_or(FeedState{});
  if (auto guarded = guard_.write({tip.sequence, tip.key, *store, *machine}, true); !guarded)
    return guarded.error();
  return publish({}, now);
}

Result<Hold> Publisher::hold() {
  auto batch = Batch::begin(store_, Durability::full);
  if (!batch) return batch.error();
  auto facts = read_hold_facts(*batch, keys_.id(), guard_);
  if (!facts) return facts.error();
  return decide_hold(*facts);
}

Result<HoldReport> Publisher::report() {
  auto batch = Batch::begin(store_, Durability::full);
  if (!batch) return batch.error();
  return read_hold_report(*batch, keys_.id(), guard_);
}

}  // namespace ssblog
