// SPDX-License-Identifier: MIT
// store/invites.h - the invites that this host gave out: how often each may be used, until when, and who used it.
//
// Written by `invite create` and `invite revoke`, with or without a daemon; used up by the daemon. The seed, which is
// what a guest proves to know, is never stored. Times are arguments, ms since 1970. Writes happen inside a Batch, so that
// of two who use the last one at once one is refused, whatever process they talk to. One thread an InviteBook.
// Source: invites.md.
#pragma once

#include "store/batch.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

enum class InviteState { open, used_up, expired, revoked };

/// One word or two for a person.
std::string_view to_text(InviteState state);

struct InviteRow {
  FeedId guest;  ///< public key of the seed's pair
  std::int64_t uses = 1;
  std::int64_t used = 0;
  Millis created = 0;
  std::optional<Millis> expires;
  std::optional<Millis> revoked;  ///< since when
  std::string note;               ///< a person's own words
  std::vector<FeedId> users;      ///< hosts that are followed for it, in their order

  InviteState state(Millis now) const;
  /// What a person calls it by: eight hex digits.
  std::string name() const;
};

class InviteBook {
 public:
  /// Borrows the store.
  explicit InviteBook(Store& store);

  /// In the order in which they were made.
  Result<std::vector<InviteRow>> all();
  /// True when it is a guest's key, of an invite in whatever state.
  Result<bool> knows(const FeedId& guest);
  /// The invite of a guest's key, without its users.
  Result<std::optional<InviteRow>> find(const FeedId& guest);

 private:
  Statement all_, find_, users_;
};

Result<void> add_invite(Batch& batch, const InviteRow& invite);

/// True when it was not revoked before.
Result<bool> revoke_invite(Batch& batch, const FeedId& guest, Millis now);

/// A guest asks that `feed` be followed: counts the use, or says why not. To be committed with the message that follows.
/// @return Code::failed with `already following` when that is so, which costs no use; Code::permission when the invite, or
///         the feed, is refused; Code::usage for a feed that is ours.
Result<void> use_invite(Batch& batch, const FeedId& own, const FeedId& guest, const FeedId& feed, Millis now);

}  // namespace ssblog
