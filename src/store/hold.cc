// SPDX-License-Identifier: MIT
#include "store/hold.h"

#include "store/batch.h"
#include "store/forks.h"
#include "store/successors.h"
#include "store/supersede.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ssblog {
namespace {

constexpr std::string_view hold_name = "hold";
constexpr std::string_view claimed_name = "claimed";
constexpr std::string_view restored_from_name = "restored_from";
constexpr std::string_view since_name = "held_since";
constexpr std::string_view held_guard_name = "held_guard";
constexpr std::string_view cloned_name = "cloned_at";

/// The reasons that the store's meta keeps, by their words.
constexpr Hold standing_holds[] = {Hold::key_imported, Hold::store_missing, Hold::shown_more,
                                   Hold::feed_damaged, Hold::restored};

/// The guard proves that we hold everything: it is of this machine, we hold its message, and nobody ever
/// showed more than it knows (a guard that was restored too proves nothing). One that knows no more than the backup
/// that the store came out of may have come out of it, too.
bool guard_is_reached(const HoldFacts& facts) {
  return facts.guard && facts.guard->sequence > 0 && facts.guard->machine == facts.machine &&
         facts.guard->sequence <= facts.tip && facts.guard_key_is_ours &&
         facts.guard->sequence >= facts.claimed &&
         (facts.standing != Hold::restored || facts.guard->sequence > facts.restored_from);
}

/// Whether the last message is the one whose key the next would name. What a flipped bit makes of either must not be
/// signed on.
Result<bool> is_tip_damaged(Store& store, const FeedRow& feed) {
  if (!feed.tip) return false;
  auto text = store.message(RowId::of(feed.number, feed.tip->sequence));
  if (!text) return text.error().code == Code::data ? Result<bool>(true) : text.error();
  const auto place = place_in_feed(*text);
  return !place || place->author != feed.id || place->sequence != feed.tip->sequence ||
         place->key != feed.tip->key;
}

/// A number of the store's meta; 0 where there is none.
template <class Number>
Result<Number> read_number(Store& store, std::string_view name) {
  auto text = store.meta(name);
  if (!text) return text.error();
  Number number = 0;
  const auto digits = as_text(*text);
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

std::string_view explain(Hold hold) {
  switch (hold) {
    case Hold::none:
      return "publishing is not held";
    case Hold::key_imported:
      return "the key was imported, and messages that it signed elsewhere may not be here yet";
    case Hold::store_missing:
      return "the key was there without its store, and the messages that it signed are not here";
    case Hold::shown_more:
      return "more messages of this host's feed exist than were held here";
    case Hold::restored:
      return "this store came out of a backup, and messages that were signed after it may not be here yet";
    case Hold::guard_ahead:
      return "this host signed messages that the store does not hold (was a backup restored?)";
    case Hold::other_branch:
      return "the store holds another message than the one that this host signed last";
    case Hold::other_machine:
      return "the key was last used on another machine (was this machine cloned?)";
    case Hold::guard_missing:
      return "this machine has no record of having signed this host's feed (was a backup restored, or the "
             "home copied?)";
    case Hold::guard_damaged:
      return "the guard file cannot be read, so nobody can say how far this host's feed was signed";
    case Hold::feed_damaged:
      return "messages of this host's own feed are damaged in the store (`ssblog verify --repair` says what "
             "to do)";
    case Hold::cloned:
      return "another copy of this host runs (was it cloned, or its home copied?)";
    case Hold::forked:
      return "this host's feed is forked: two messages of one number are signed, and others refuse what "
             "follows";
    case Hold::superseded:
      return "this identity was given up for another one";
  }
  return "";
}

std::string explain_fully(Store& store, Hold hold) {
  const std::string text(explain(hold));
  const auto where = hold == Hold::cloned ? store.meta(cloned_name) : Result<ByteBuf>(ByteBuf());
  return where && !where->empty() ? fmt::format("{}: it was met at {}", text, as_text(*where)) : text;
}

std::string_view word_of(Hold hold) {
  switch (hold) {
    case Hold::none:
      return "";
    case Hold::key_imported:
      return "key_imported";
    case Hold::store_missing:
      return "store_missing";
    case Hold::shown_more:
      return "shown_more";
    case Hold::restored:
      return "restored";
    case Hold::guard_ahead:
      return "guard_ahead";
    case Hold::other_branch:
      return "other_branch";
    case Hold::other_machine:
      return "other_machine";
    case Hold::guard_missing:
      return "guard_missing";
    case Hold::guard_damaged:
      return "guard_damaged";
    case Hold::cloned:
      return "cloned";
    case Hold::forked:
      return "forked";
    case Hold::superseded:
      return "superseded";
    case Hold::feed_damaged:
      return "feed_damaged";
  }
  return "";
}

Hold decide_hold(const HoldFacts& facts) {
  if (facts.superseded) return Hold::superseded;
  // Nothing that others say mends it.
  if (facts.tip_damaged || facts.standing == Hold::feed_damaged) return Hold::feed_damaged;
  if (facts.forked) return Hold::forked;
  // Whatever is missing here or not: it would sign the same number.
  if (!facts.cloned_at.empty()) return Hold::cloned;
  if (facts.guard_damaged) return Hold::guard_damaged;
  if (facts.guard && facts.guard->machine != facts.machine) return Hold::other_machine;
  if (facts.guard && facts.guard->sequence <= facts.tip && !facts.guard_key_is_ours)
    return Hold::other_branch;
  // An empty list is never "asked": whom nobody can ask, nobody can answer for.
  if (facts.witnesses > 0 && facts.asked == facts.witnesses) return Hold::none;
  if (facts.guard && facts.guard->sequence > facts.tip) return Hold::guard_ahead;
  if (facts.claimed > facts.tip) return Hold::shown_more;
  if (facts.standing != Hold::none && !guard_is_reached(facts)) return facts.standing;
  if (!facts.guard && facts.tip > 0) return Hold::guard_missing;
  return Hold::none;
}

Result<HoldFacts> read_hold_facts(Batch& batch, const FeedId& own, const Guard& guard) {
  HoldFacts facts;
  auto machine = this_machine();
  if (!machine) return machine.error();
  facts.machine = *machine;
  auto feed = batch.feed(own);
  if (!feed) return feed.error();
  facts.tip = feed->tip ? feed->tip->sequence : 0;
  auto damaged = is_tip_damaged(batch.store(), *feed);
  if (!damaged) return damaged.error();
  facts.tip_damaged = *damaged;

  auto forked = ForkBook(batch.store()).is_forked(own);
  if (!forked) return forked.error();
  facts.forked = *forked;
  auto cloned = batch.store().meta(cloned_name);
  if (!cloned) return cloned.error();
  facts.cloned_at = as_text(*cloned);
  auto followed = followed_by(batch.store(), own);
  if (!followed) return followed.error();
  auto succession = succession_of(batch.store(), own);
  if (!succession) return succession.error();
  facts.superseded = followed->has_value() || succession->has_value();
  auto standing = batch.store().meta(hold_name);
  if (!standing) return standing.error();
  for (const Hold hold : standing_holds) {
    if (as_text(*standing) == word_of(hold)) facts.standing = hold;
  }
  auto claimed = read_number<Seq>(batch.store(), claimed_name);
  if (!claimed) return claimed.error();
  auto restored_from = read_number<Seq>(batch.store(), restored_from_name);
  if (!restored_from) return restored_from.error();
  facts.restored_from = *restored_from;
  auto since = read_number<Millis>(batch.store(), since_name);
  if (!since) return since.error();
  facts.since = *since;

  if (auto record = guard.read(); record) {
    facts.guard = *record;
  } else {
    facts.guard_damaged = true;  // or not to be read now: lines are kept, and signed when it can be
  }
  if (facts.guard && facts.guard->sequence <= facts.tip) {
    auto key = batch.store().key_of(*feed, facts.guard->sequence);
    if (!key && key.error().code != Code::data) return key.error();
    if (!key) facts.tip_damaged = true;
    // Sequence 0 is the guard of a feed that had nothing yet: whatever we hold goes on from there.
    facts.guard_key_is_ours = facts.guard->sequence == 0 || (key && *key == facts.guard->key);
  }

  // A host that was asked has shown what it has: its bare claim counts no more.
  Statement count(
      batch.database(),
      "SELECT count(*), coalesce(sum(asked), 0), coalesce(max(claimed) FILTER (WHERE asked = 0), 0) "
      "FROM witnesses");
  auto run = count.run();
  if (auto row = run.step(); !row) return row.error();
  facts.witnesses = static_cast<std::size_t>(run.integer(0));
  // Answers count in the hold in which they were given, and as long as nobody signed on: a copy of this store has them,
  // too.
  auto held_guard = read_number<Seq>(batch.store(), held_guard_name);
  if (!held_guard) return held_guard.error();
  const Seq guarded = facts.guard ? facts.guard->sequence : 0;
  if (facts.since == 0 ? facts.standing != Hold::none : *held_guard == guarded)
    facts.asked = static_cast<std::size_t>(run.integer(1));
  facts.claimed = std::max(*claimed, static_cast<Seq>(run.integer(2)));
  return facts;
}

Result<void> end_hold(Batch& batch) {
  for (const std::string_view name :
       {hold_name, restored_from_name, since_name, held_guard_name, cloned_name}) {
    if (auto dropped = batch.drop_meta(name); !dropped) return dropped;
  }
  return {};
}

Result<void> note_copy(Batch& batch, const std::string& where) {
  auto before = batch.store().meta(cloned_name);
  if (!before) return before.error();
  if (as_text(*before) == where) return {};
  return batch.set_meta(cloned_name, as_bytes(where));
}

Result<void> drop_copy(Batch& batch) { return batch.drop_meta(cloned_name); }

Result<void> note_held(Batch& batch, const HoldFacts& facts, Millis now) {
  const Seq guarded = facts.guard ? facts.guard->sequence : 0;
  auto before = read_number<Seq>(batch.store(), held_guard_name);
  if (!before) return before.error();
  if (facts.since != 0 && *before == guarded) return {};
  const bool first_word = facts.since == 0 && facts.standing != Hold::none;
  if (!first_word) {
    if (auto reset = batch.database().run("UPDATE witnesses SET asked = 0"); !reset) return reset;
  }
  if (auto set = batch.set_meta(held_guard_name, as_bytes(std::to_string(guarded))); !set) return set;
  if (facts.since != 0) return {};
  return batch.set_meta(since_name, as_bytes(std::to_string(now)));
}

Result<void> begin_hold(Batch& batch, Hold hold) {
  auto standing = batch.store().meta(hold_name);
  if (!standing) return standing.error();
  // Damage goes before any other reason: that one is found again from the guard, or from what peers show.
  if (!standing->empty() && hold != Hold::feed_damaged) return {};
  if (auto reset = batch.database().run("UPDATE witnesses SET asked = 0"); !reset) return reset;
  for (const Hold reason : standing_holds) {
    if (reason == hold) return batch.set_meta(hold_name, as_bytes(word_of(hold)));
  }
  return {};
}

Result<void> note_shown(Batch& batch, Seq shown) {
  auto before = read_number<Seq>(batch.store(), claimed_name);
  if (!before) return before.error();
  if (shown > *before) {
    if (auto set = batch.set_meta(claimed_name, as_bytes(std::to_string(shown))); !set) return set;
  }
  return begin_hold(batch, Hold::shown_more);
}

Result<void> forget_answers(Batch& batch, const FeedId& own) {
  auto feed = batch.feed(own);
  if (!feed) return feed.error();
  if (!feed->tip) return {};
  if (auto dropped = drop_claims(batch); !dropped) return dropped;
  return batch.database().run("UPDATE witnesses SET asked = 0");
}

Result<void> drop_claims(Batch& batch) {
  if (auto dropped = batch.drop_meta(claimed_name); !dropped) return dropped;
  return batch.database().run("UPDATE witnesses SET claimed = 0");
}

}  // namespace ssblog
