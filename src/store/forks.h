// SPDX-License-Identifier: MIT
// store/forks.h - feeds whose author signed two messages for one place, and the proof of it.
//
// Used by everything that takes messages of others. A proof is both messages, signatures and all; a mere claim marks
// nothing. The mark stays, also when the feed is forgotten: the first branch is kept, nothing further is taken.
// Source: reliability.md, section 2.3.
#pragma once

#include "feed/keys.h"
#include "store/batch.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// Two messages of one author with one sequence.
struct ForkProof {
  FeedId feed;
  Seq sequence = 0;
  MessageKey held;        ///< of the one that was here first
  MessageKey other;       ///< of the one that came later
  std::string held_text;  ///< both as they can be checked by `inspect`
  std::string other_text;
  Millis found = 0;  ///< our clock
};

class ForkBook {
 public:
  /// Borrows the store.
  explicit ForkBook(Store& store);

  /// Nothing further is to be taken of it. Not so where a statement of its owner settled the fork (successors.h).
  Result<bool> is_forked(const FeedId& feed);
  Result<std::optional<ForkProof>> of(const FeedId& feed);
  /// In the order of their ids.
  Result<std::vector<ForkProof>> all();

 private:
  Statement is_forked_, of_, all_;
};

/// Marks a feed if `text`, whose signature was found good and whose key is `key`, is another message than the held one
/// of that sequence, and that one is good too. `hmac` as in `inspect`. Of several pairs the earliest is kept.
/// @return true: the feed is marked now and was not before, or this pair is earlier.
Result<bool> note_fork(Batch& batch, const FeedRow& feed, Seq sequence, const MessageKey& key,
                       std::string_view text, const SigningKey* hmac, Millis now);

/// True: both messages name the same one before them, so what stands before is in both branches.
bool is_where_they_part(const ForkProof& proof);

/// A sentence that names both messages.
std::string fork_text(const ForkProof& proof);

}  // namespace ssblog
