// SPDX-License-Identifier: MIT
// gossip/protocol/history.h - createHistoryStream: what is asked for, and how it is answered.
//
// Used by Replicator, for peers that speak no EBT and for our own feed. Pure, any thread. Source: replication.md,
// "createHistoryStream".
#pragma once

#include "feed/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

struct HistoryQuery {
  FeedId id;
  Seq from = 1;              ///< first sequence that is wanted
  std::optional<Seq> limit;  ///< most messages; none: all
  bool live = false;         ///< stay open, send new ones as they come
  bool old = true;           ///< false: only new ones
  bool keys = true;          ///< items are {key,value,timestamp}; false: bare messages
  bool operator==(const HistoryQuery&) const = default;
};

/// Reads the arguments of a call: canonical compact JSON, an array. Also the positional form [id, seq, live].
/// Nothing for an id that is no feed id, or a form that nobody writes: the answer is an empty stream.
std::optional<HistoryQuery> parse_history(std::string_view args);

/// The arguments by which we call: bare messages from `from` on.
std::string history_args(const FeedId& id, Seq from, bool live);

/// The same, for one message alone.
std::string history_args_of_one(const FeedId& id, Seq sequence);

/// Appends an item of a query with keys. `timestamp`: when it was received, ms since 1970.
void append_history_item(std::string& out, std::string_view message, const MessageKey& key, double timestamp);

}  // namespace ssblog
