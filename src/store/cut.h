// SPDX-License-Identifier: MIT
// store/cut.h - cuts the end off a feed, in the transaction of the caller.
//
// Used where a feed goes on elsewhere, or its rest is damaged. What is kept becomes a feed of another number, so that everybody who remembers
// the old one finds that out; what is cut off can be read until `finish`.
#pragma once

#include "store/batch.h"
#include "store/good_part.h"

#include <memory>
#include <optional>

namespace ssblog {

class CutFeed {
 public:
  /// Keeps the messages up to `last`. Nothing of the feed may have been touched in this transaction before.
  /// @return Code::data when fewer than those are good.
  static Result<CutFeed> begin(Batch& batch, const FeedId& feed, Seq last, const SigningKey* hmac);

  /// Keeps all that is good.
  static Result<CutFeed> begin_where_damaged(Batch& batch, const FeedId& feed, const SigningKey* hmac);

  /// The last message that was taken: of what is kept, until `next`.
  Seq last() const { return part_->last(); }

  /// The next message of what is cut off; nothing: that was the last. Code::data when one of them is damaged.
  Result<std::optional<Verified>> next();

  /// Deletes what was.
  Result<void> finish();

 private:
  /// `last`: nothing, if all that is good is kept.
  static Result<CutFeed> keep(Batch& batch, const FeedId& feed, std::optional<Seq> last,
                              const SigningKey* hmac);
  CutFeed(Batch& batch, const FeedRow& before, std::unique_ptr<GoodPart> part)
      : batch_(&batch), before_(before), part_(std::move(part)) {}
  Batch* batch_;
  FeedRow before_;
  std::unique_ptr<GoodPart> part_;
};

}  // namespace ssblog
