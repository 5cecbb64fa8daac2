// SPDX-License-Identifier: MIT
// store/supersede.h - a home gets another identity: what its store does about it, in one transaction.
//
// Used by `id new`, which sees to the secrets. The new feed begins with who it is and whom it follows; with a statement
// of the old key it takes the old feed's place, and with the lines of a branch that only this host has. Killed at any
// moment, all of it has happened or nothing. Source: docs/reliability.md, "Forks of our own".
#pragma once

#include "feed/keys.h"
#include "store/batch.h"
#include "store/forks.h"
#include "store/home.h"

#include <functional>
#include <optional>
#include <string>

namespace ssblog {

class Rebase;

/// The old feed and the new one, while lines are carried over.
struct Carried {
  FeedRow before;  ///< the old feed as it was, under its old number
  FeedRow kept;    ///< ... and as it stays
  FeedRow fresh;   ///< the new one
};

struct Supersede {
  const KeyPair& old;
  const KeyPair& fresh;
  const SigningKey* hmac = nullptr;
  Home home;
  bool supersedes =
      false;  ///< with the statement of the old key; else the new feed has nothing to do with the old one
  std::optional<std::string> name = {};  ///< of the new feed; none: as the old one, if it takes its place
  Millis now = 0;
  /// What else goes on from the old feed: positions of files.
  std::function<Result<void>(Batch&, const Carried&, Rebase&)> together = nullptr;
};

/// What was done; also when it had been done before.
struct Superseded {
  Seq last = 0;               ///< of the old feed: the last message that stands
  std::uint64_t carried = 0;  ///< messages of the branch that was left
  std::uint64_t waited = 0;   ///< contents that waited to be signed
  std::uint64_t aside =
      0;  ///< of those, contents that fit into no message any more; the store's meta keeps them
};

/// Does it. Code::busy when two branches are known, but not yet where they part.
Result<Superseded> supersede(Store& store, const Supersede& wanted);

/// Until somebody was told what was done: the new identity.
Result<std::optional<FeedId>> untold_identity(Store& store);
Result<void> note_told(Batch& batch);
/// What was done the last time.
Result<Superseded> last_report(Store& store);

/// The identity that followed this one in this store; nothing: it is in use.
Result<std::optional<FeedId>> followed_by(Store& store, const FeedId& id);

}  // namespace ssblog
