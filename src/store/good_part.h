// SPDX-License-Identifier: MIT
// store/good_part.h - the messages of a feed from the first one on, as long as they are good.
//
// Used where a damaged feed is cut. Each is checked as if a stranger had sent it. Borrows the store; one thread.
#pragma once

#include "store/store.h"

#include <optional>

namespace ssblog {

class GoodPart {
 public:
  /// The row says where the messages lie and whose they are.
  GoodPart(Store& store, const FeedRow& row, const SigningKey* hmac);

  /// The next message; nothing: there is no further good one. An error only where the disk fails.
  Result<std::optional<Verified>> next();

  /// The last that was given; 0: none was.
  Seq last() const { return state_ ? state_->sequence : 0; }
  /// All were given, up to the one that the store calls the last.
  bool is_whole() const { return state_ == row_.tip; }

 private:
  const FeedRow row_;
  const SigningKey* hmac_;
  Statement rows_;
  std::optional<Statement::Run> run_;
  BodyReader reader_;
  std::optional<FeedState> state_;
  std::string text_;
};

}  // namespace ssblog
