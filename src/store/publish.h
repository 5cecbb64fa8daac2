// SPDX-License-Identifier: MIT
// store/publish.h - contents become messages of our own feed, or wait in the spool.
//
// Used by every way in. One call is one transaction: it reads the tip, signs and appends, and is durable
// when it returns. While publishing is held (hold.h) the contents go durably into the spool instead, and are
// signed in order, before anything else, when the hold is over. One thread a Publisher.
// Source: design.md, sections 3 and 5.
#pragma once

#include "feed/keys.h"
#include "store/batch.h"
#include "store/guard.h"
#include "store/hold.h"
#include "store/hold_report.h"

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace ssblog {

class Rebase;
class Spool;

/// What became of some contents.
struct Published {
  Hold held = Hold::none;              ///< not none: they are in the spool
  std::optional<FeedState> last;       ///< the last message of the feed
  std::optional<Error> guard_trouble;  ///< everything is stored, but the guard could not be written
};

class Publisher {
 public:
  /// Writes what belongs to a message in the transaction that signs it; its error refuses both.
  using Together = std::function<Result<void>(Batch&)>;

  /// Borrows all of them; `hmac` is null where the network has no signing key.
  Publisher(Store& store, const KeyPair& keys, const SigningKey* hmac, Guard guard);

  /// Publishes canonical compact contents in order, all or none of them, timed `now`. With no contents it
  /// only signs what waits in the spool, if the hold is over.
  /// @return Code::data when one of them may not be published, Code::busy when the store's turn did not come.
  Result<Published> publish(std::span<const std::string> contents, Millis now);

  /// Publishes contents together with what `together` writes (before they are signed), or nothing of it. They are never
  /// spooled: Code::busy while publishing is held.
  Result<Published> publish_with(std::span<const std::string> contents, const Together& together, Millis now);

  /// Ends a hold by the user's word, whatever the guard says, and signs what waited.
  Result<Published> force(Millis now);

  /// What holds publishing now.
  Result<Hold> hold();
  /// The same, with all that is known of it.
  Result<HoldReport> report();

 private:
  Result<Published> publish_all(std::span<const std::string> contents, const Together& together, Millis now);
  Result<bool> empty_spool(Batch& batch, Spool& spool, Rebase* rebase);
  Result<void> spool_all(Batch& batch, Spool& spool, std::span<const std::string> contents, Millis now);
  Result<void> sign_one(Batch& batch, std::string_view content, double timestamp);
  Result<Published> commit(Batch& batch, const HoldFacts& facts, const Result<Guard::Lock>& guard_lock,
                           Millis now);

  Store& store_;
  const KeyPair& keys_;
  const SigningKey* hmac_;
  Guard guard_;
};

/// The timestamp of a message that follows one signed at `last`: `now`, or a thousandth of a ms more than
/// `last` so that no two are equal; a clock that was set back a long way is taken as it is.
double next_timestamp(Millis now, double last);

}  // namespace ssblog
