// SPDX-License-Identifier: MIT
// cli/new_identity.h - another key pair for a home, and what its store does about it (store/supersede.h).
//
// Used by `id new`. Steps, each durable before the next: the new secret lies beside the old one as `secret.next`; the
// store begins the new feed, in one transaction, from which on the old key signs nothing; the guard of the new feed is
// written; the old secret gets a second name; the new one takes its place. Whatever interrupts it, running it again goes
// on, and finds out by the files and the store where it was.
#pragma once

#include "cli/settings.h"
#include "store/supersede.h"

#include <optional>
#include <string>

namespace ssblog {

struct NewIdentity {
  FeedId before, now;
  bool supersedes = false;  ///< it stands in the place of the one before
  std::string kept;         ///< the file of the old secret
  Superseded report;
};

/// Code::busy where a daemon runs.
Result<NewIdentity> make_identity(const Settings& settings, bool supersedes,
                                  const std::optional<std::string>& name);

/// Somebody was told; the next one is a new wish.
Result<void> identity_was_told(const Settings& settings);

}  // namespace ssblog
