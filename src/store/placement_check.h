// SPDX-License-Identifier: MIT
// store/placement_check.h - checks what a store keeps beside the messages of one feed: their places in the
// order, stream instances, lines that go on, names.
//
// Used by verify_store. All of it follows from the messages; it is made again from them, in a store in
// memory, and compared. One thread. Source: design.md, sections 5 and 6.
#pragma once

#include "store/placer.h"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace ssblog {

/// What the messages table keeps of one message besides its body.
struct StoredPlace {
  std::optional<Millis> first;
  std::optional<std::int64_t> instance;
  std::string shape;
};

class PlacementCheck {
 public:
  using Tell = std::function<void(std::string finding)>;

  static Result<PlacementCheck> begin(Store& store, const FeedRow& feed, Tell tell);

  /// The next message of the feed, from the first one on without a gap.
  Result<void> take(const Verified& message, const StoredPlace& stored);

  /// Compares the tables, when every message was taken.
  Result<void> end();

 private:
  PlacementCheck(Store& store, Store again, const FeedRow& feed, Tell tell);
  Result<void> compare(const char* sql, std::string_view what);

  Store* store_;
  std::unique_ptr<Store> again_;
  std::unique_ptr<Placer> placer_;
  FeedNumber feed_;
  FeedId id_;
  Tell tell_;
  std::unordered_map<std::int64_t, std::int64_t> instances_;  ///< our numbers to those of the store
};

}  // namespace ssblog
