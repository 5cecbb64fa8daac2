// SPDX-License-Identifier: MIT
// gossip/message_stream.h - createLogStream, createUserStream, createHistoryStream and messagesByType, for programs of
// this machine.
//
// Used by LocalApi. Reads from the store, an item at a time, as far as somebody takes them. One thread.
// Source: local-api.md, "Streams of messages".
#pragma once

#include "store/receipts.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

struct StreamQuery {
  std::optional<FeedId> feed;  ///< none: of all
  std::string type;            ///< of the content; empty: any
  bool by_sequence = false;    ///< bounds are sequences; else our clock, ms since 1970
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  std::optional<std::uint64_t> limit;
  bool reverse = false, keys = true, values = true, live = false, old = true;
  bool marks = true;  ///< an item says where the old ones end, if new ones follow
};

/// The options of a call by its name: `args` is a JSON array, canonical and compact. Code::usage names what is wrong.
Result<StreamQuery> read_stream_query(std::string_view method, std::string_view args);

class MessageStream {
 public:
  MessageStream(Store& store, StreamQuery query);

  /// The next item as JSON. Nothing: there is none now.
  Result<std::optional<std::string>> next();
  /// True when it has looked long enough for one turn of the loop, and found nothing: ask again.
  bool is_looking() const { return looking_; }
  /// True when none will ever come.
  bool is_over() const { return over_; }

 private:
  Result<std::optional<std::string>> item_of(const Receipts::Entry& entry);
  bool is_beyond(const Receipts::Entry& entry) const;

  Store& store_;
  const StreamQuery query_;
  std::optional<Receipts> receipts_;
  std::optional<std::uint64_t> left_;
  bool begun_ = false, old_over_ = false, over_ = false, looking_ = false;
};

/// `{"key":...,"value":...,"timestamp":...}`, or the part of it that is wanted.
std::string message_item(std::string_view text, const MessageKey& key, Millis received, bool keys = true,
                         bool values = true);

}  // namespace ssblog
