// SPDX-License-Identifier: MIT
// store/verify_store.h - checks everything that a store holds, as if it came from a stranger.
//
// Used by the command. Damage is a finding, never the end of the check. Other threads check signatures.
#pragma once

#include "store/store.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ssblog {

/// What was found in one feed, or in the file as such.
struct Findings {
  std::uint64_t count = 0;
  std::vector<std::string> first;  ///< the first few, each a sentence

  void add(std::string text);
};

struct FeedVerdict {
  FeedId id;
  std::uint64_t messages = 0;  ///< that were looked at
  Findings findings;
  bool damaged = false;  ///< some of them are of the messages themselves
};

/// How closely to look.
enum class Depth {
  quick,  ///< checksums, hashes, the chain, and that pages of the file are well formed
  full,   ///< and canonical texts, signatures, what is kept beside the messages, and indexes
};

struct VerifyTalk {
  std::function<void(const FeedVerdict&)> feed_done;
  std::function<void(std::uint64_t messages)> progress;  ///< called now and then, with the count of all feeds
};

/// Checks each message of the feeds (of all, when none is named): that it can be read, its hash, author, sequence and
/// chain, and that the tip is the last one; with Depth::full also that it is the canonical text, its signature, and that
/// what is kept beside the messages (order, stream instances, names) follows from them; each feed as it is when its
/// turn comes.
/// @return the findings about the file itself: SQLite's own check, and rows of no feed. An error only where
///         the check itself could not go on.
Result<Findings> verify_store(Store& store, std::span<const FeedId> feeds,
                              const std::optional<SigningKey>& hmac, const VerifyTalk& talk,
                              Depth depth = Depth::full);

/// SQLite's quick check of the pages, for at most `patience`: a store of gigabytes takes minutes.
/// Another thread breaks it off by setting `break_off`.
/// @return what is wrong with the file; empty: nothing was found in that time.
Result<std::string> check_pages(Store& store, std::chrono::milliseconds patience,
                                const std::atomic<bool>& break_off);

}  // namespace ssblog
