// SPDX-License-Identifier: MIT
// hostile/honest.h - hosts that keep to the rules: one asks for feeds, one brings them. They must always be served.
//
// Used by the suite, during and after each case.
#pragma once

#include "feed/message.h"
#include "hostile/world.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog::hostile {

/// A feed that the suite has the key of.
struct OwnFeed {
  KeyPair keys = KeyPair::generate();
  std::vector<Verified> messages;

  /// Signs the next message.
  void add(std::string_view content);
  std::optional<FeedState> state() const {
    return messages.empty() ? std::nullopt : std::optional(messages.back().state());
  }
};

/// What the reader gets of a feed by createHistoryStream, on a new connection: the texts as they came. Nothing when it
/// does not get in, or the stream does not end in time.
std::optional<std::vector<std::string>> fetch(World& world, const FeedId& feed, Moment deadline);

/// True when the reader gets in, and the feed of the daemon, whole and true, with `least` messages, in time.
bool is_served(World& world, Seq least);

/// The giver brings a feed by ebt.replicate, as far as the daemon asks for it. False when the daemon did not ask in time.
bool give(World& world, const OwnFeed& feed, Moment deadline);

/// True when the daemon passes on exactly these messages of the feed before the deadline.
bool has_exactly(World& world, const FeedId& feed, const std::vector<std::string>& texts, Moment deadline);

}  // namespace ssblog::hostile
