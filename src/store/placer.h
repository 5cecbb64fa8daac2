// SPDX-License-Identifier: MIT
// store/placer.h - places messages in time as they come in, and keeps all tables that follow from them.
//
// Used by Batch, inside its transaction: instances are read once, changed in memory and written back at
// its end. One thread. Source: design.md, section 6.
#pragma once

#include "feed/instance.h"
#include "store/boots.h"
#include "store/run_notes.h"
#include "store/store.h"
#include "store/watch_notes.h"

#include <string>
#include <string_view>
#include <unordered_map>

namespace ssblog {

/// What the messages table keeps of a message besides its body.
struct Placed {
  Placement placement;
  std::optional<std::int64_t> instance;
  bool is_first = false;  ///< of its instance
};

class Placer {
 public:
  explicit Placer(Database& database);

  /// Places one message of a feed, and notes what follows from it: a name, a contact, a line that goes on, a message
  /// that reaches far. Messages of a feed come in the order of their sequence.
  Result<Placed> take(FeedNumber feed, const FeedId& id, const MessageFacts& message);

  /// The state of a stream instance, as the transaction sees it.
  Result<InstanceState> instance(FeedNumber feed, std::string_view stream, std::string_view run);

  /// Writes the changed instances back.
  Result<void> flush();

 private:
  Result<Placed> find_place(FeedNumber feed, const FeedId& id, const MessageFacts& message);
  enum Kind : int { chunks = 0, records = 1, alone = 2 };
  struct Entry {
    std::int64_t number = 0;  ///< 0: not in the table yet
    FeedNumber feed = 0;
    Kind kind = chunks;
    std::string name, stream, job;
    Seq first_sequence = 0, last_sequence = 0;
    InstanceState state;
    bool changed = false;
  };
  Result<Entry*> entry(FeedNumber feed, Kind kind, std::string_view name, std::string_view stream);
  Result<Entry*> touch(FeedNumber feed, Kind kind, std::string_view name, std::string_view stream,
                       Seq sequence, std::string_view job);
  Result<std::optional<Millis>> latest_of_run(FeedNumber feed, std::string_view run);

  Database& database_;
  std::unordered_map<std::string, Entry> entries_;
  std::string key_;
  BootNotes boots_;
  RunNotes runs_;
  WatchNotes watch_;
  Record record_;
  Statement find_, insert_, update_, latest_, name_, wide_, continued_, contact_;
};

}  // namespace ssblog
