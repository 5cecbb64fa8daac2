// SPDX-License-Identifier: MIT
// store/hold.h - whether our own feed may be signed on.
//
// Used by publish and restore. The decision is a pure function of facts, so that every case can be tested
// without a disk. When in doubt publishing is held: lines go to the spool, and are signed later.
// Source: design.md, section 5, "Held".
#pragma once

#include "store/guard.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

class Batch;

/// Why publishing is held.
enum class Hold {
  none,
  key_imported,   ///< `init --import-secret`: others may hold messages of this key
  store_missing,  ///< the key was there without its store
  shown_more,     ///< a bundle or a peer showed more of our feed than we held
  restored,       ///< the store came out of a backup (backup.h)
  guard_ahead,    ///< the guard saw messages that the store has not
  other_branch,   ///< the guard saw another message at a sequence that we hold
  other_machine,  ///< the guard is of another machine: this is a copy of it, or it is a copy of us
  guard_missing,  ///< there is a feed but no guard: a backup or a copy, on a machine that never signed it
  guard_damaged,  ///< the guard cannot be read
  feed_damaged,   ///< messages of our own feed are damaged in the store
  cloned,         ///< another copy of this host runs: somebody else has proven to hold our key
  forked,      ///< two messages of one place of our own feed are signed (forks.h): another identity ends this
  superseded,  ///< this identity was given up for another one (supersede.h, successors.h)
};

inline constexpr Hold last_hold = Hold::superseded;  ///< of the list above

/// One sentence for a person.
std::string_view explain(Hold hold);

/// The same with what only the store knows: where a copy was met. What cannot be read is left out.
std::string explain_fully(Store& store, Hold hold);

/// One word, for scripts and for the store; empty for Hold::none.
std::string_view word_of(Hold hold);

/// What decides. The standing reason (key_imported, store_missing, shown_more, feed_damaged, restored) is kept in the
/// store's meta.
struct HoldFacts {
  Hold standing = Hold::none;
  Seq tip = 0;            ///< own messages that are held
  Seq claimed = 0;        ///< the most that anybody ever showed of our feed
  Seq restored_from = 0;  ///< own messages in the backup that the store came out of; 0: it came out of none
  Millis since = 0;       ///< when the hold was first noticed, our clock; 0: it was not
  std::optional<GuardRecord> guard;
  bool guard_damaged = false;
  bool tip_damaged = false;  ///< the last own message is not the one that the next must name
  bool forked = false;
  bool superseded = false;
  std::string cloned_at;           ///< the address of another copy of this host; empty: none was met
  bool guard_key_is_ours = false;  ///< our message at the guard's sequence has the guard's key
  MachineId machine{};
  std::size_t witnesses = 0;  ///< hosts that may know more of our feed
  std::size_t asked =
      0;  ///< those of them that were asked since the hold began, and since somebody signed last
};

Hold decide_hold(const HoldFacts& facts);

/// The facts as a transaction sees them.
Result<HoldFacts> read_hold_facts(Batch& batch, const FeedId& own, const Guard& guard);

/// Ends the standing reason, and the word of a copy.
Result<void> end_hold(Batch& batch);

/// Another copy of this host has proven to run at `where`: publishing is held, through restarts, until `drop_copy`.
Result<void> note_copy(Batch& batch, const std::string& where);

/// A person said that there is no copy any more. Other reasons hold on.
Result<void> drop_copy(Batch& batch);

/// Keeps since when publishing is held. Answers from before, or from before somebody signed on, count no more.
Result<void> note_held(Batch& batch, const HoldFacts& facts, Millis now);

/// Sets the standing reason, unless there is one; whom we asked before then says nothing any more.
Result<void> begin_hold(Batch& batch, Hold hold);

/// A bundle or a peer showed messages of our own feed, up to `shown`, that we did not hold. Whether that is all
/// of it nobody can say: publishing is held. (If the guard knows no more than that, the hold is over at once.)
Result<void> note_shown(Batch& batch, Seq shown);

/// Publishing goes on: whom we asked says nothing in a later hold. A backup of this store must not hold the answers of
/// today. Kept as long as the feed is empty, since then the guard is not written either.
Result<void> forget_answers(Batch& batch, const FeedId& own);

/// Forgets what was shown or claimed: the user's word, or no reason is left.
Result<void> drop_claims(Batch& batch);

}  // namespace ssblog
