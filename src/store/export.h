// SPDX-License-Identifier: MIT
// store/export.h - feeds as a bundle: one message a line, exactly as it is stored.
//
// Used by the command. What it writes is one state of the store, feed by feed in the order of their ids, and
// is read again by import. Source: bundle_reader.h.
#pragma once

#include "store/byte_stream.h"
#include "store/store.h"

#include <cstdint>
#include <map>
#include <span>

namespace ssblog {

struct Exported {
  std::uint64_t feeds = 0;
  std::uint64_t messages = 0;
};

/// Writes the feeds, or all of them when none is named; of a feed in `beyond` only what is behind that
/// sequence. Code::data when the store is damaged there (a message is
/// missing, or its hash is not the one that the feed has of it): a bundle with a hole would be of no use behind it.
Result<Exported> export_feeds(Store& store, std::span<const FeedId> feeds,
                              const std::map<FeedId, Seq>& beyond, const ByteSink& sink);

}  // namespace ssblog
