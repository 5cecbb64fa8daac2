// SPDX-License-Identifier: MIT
// store/rebase.h - streams that began in the feed of an identity that was left go on in the one that follows it.
//
// Used by supersede, and by Publisher for programs that have been running since before. In the new feed an instance
// would begin with a gap of all that the old one holds, so it gets a run of its own, the same for all streams of one run,
// and offsets that begin at 0. By how much they are less is kept in the positions. Inside a Batch.
#pragma once

#include "store/batch.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// The run in the feed `fresh` that goes on with one of the feed before: the first 16 hex digits of SHA-256 over
/// "ssblog successor run", the 32 bytes of the new feed, and the old run.
std::string run_after(const FeedId& fresh, std::string_view run);

class Rebase {
 public:
  /// `before`: the feed that was left, as it stands; `fresh`: the one that follows.
  Rebase(Batch& batch, const FeedRow& before, const FeedRow& fresh);

  /// A content of the old feed as the new one has it. Bytes that the old feed covers are to be cut off already.
  Result<std::string> carry(std::string_view content);

  /// The same for one that a program made that has been running since before; any other stays as it is.
  Result<std::string> follow(std::string_view content);

  /// Where the bytes of an instance begin in the new feed, in its old offsets; nothing: it keeps its run.
  Result<std::optional<std::uint64_t>> base_of(std::string_view stream, std::string_view run);

 private:
  Result<std::optional<std::uint64_t>> find(std::string_view stream, std::string_view run);
  Result<bool> has_run(FeedNumber feed, std::string_view run);
  Result<bool> goes_on(std::string_view run);
  Result<void> keep(std::string_view stream, std::string_view run, std::uint64_t base);
  Result<std::string> rewrite(std::string_view content, bool carrying);

  Batch& batch_;
  const FeedRow before_, fresh_;
  Statement find_, any_, has_run_;
};

/// The identity that this store's was before; nothing: it is the first.
Result<std::optional<FeedId>> predecessor(Store& store);
Result<void> set_predecessor(Batch& batch, const FeedId& id);

}  // namespace ssblog
