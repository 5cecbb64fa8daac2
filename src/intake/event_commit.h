// SPDX-License-Identifier: MIT
// intake/event_commit.h - signs batches of events, each source's cursor in the same transaction.
//
// Used by EventIntake, on a worker. A source has one row of the positions: its `run`, drawn the first time and kept, and
// its cursor. Where its streams go on is asked of the feed itself, so an instance never overlaps, whatever came back from
// a backup. While publishing is held nothing is committed. One thread at a time.
#pragma once

#include "feed/keys.h"
#include "feed/result.h"
#include "intake/event_packer.h"
#include "store/home.h"
#include "store/publish.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace ssblog {

/// What a source wants committed.
struct EventWish {
  std::string source;  ///< its name
  EventHead head;      ///< without `run`
  std::span<const EventOrLoss> entries;
  std::optional<std::string> cursor;  ///< nothing: the one that is kept stays
  bool more = false;                  ///< more of it waits in memory: what `note_gathering` noted stays
};

struct Committed {
  Published published;
  std::map<std::size_t, Error>
      left_out;  ///< wishes, by their place, that no message can hold; the others are kept
};

class EventCommit {
 public:
  struct Parts {
    Store& store;
    Publisher& publisher;
    FeedId feed;
  };
  /// Borrows them.
  explicit EventCommit(Parts parts);
  /// Opens the store of a home with a publisher of its own. `patience`: how long a write waits for the store's turn.
  static Result<std::unique_ptr<EventCommit>> open(const Home& home, const std::optional<SigningKey>& hmac,
                                                   std::chrono::milliseconds patience);
  ~EventCommit();

  /// The cursor of a source; empty: none was committed yet.
  Result<std::string> cursor(const std::string& source);

  /// Notes durably that records of a source wait in memory, until a commit after which none do. When the program is
  /// killed meanwhile, `gathered` says so to the next one.
  Result<void> note_gathering(const std::string& source, Millis now);
  Result<bool> gathered(const std::string& source);

  /// All of it or nothing, but for wishes that cannot be packed. Code::busy while publishing is held, or when the store's
  /// turn did not come.
  Result<Committed> commit(std::span<const EventWish> wishes, Millis now);

 private:
  struct Own;
  struct Row {
    std::string run, cursor;
    bool stored = false;
    bool gathering = false;  ///< as stored
  };
  explicit EventCommit(std::unique_ptr<Own> own);
  Result<Row*> row_of(const std::string& source);

  std::unique_ptr<Own> own_;  ///< what `parts_` are, when nobody else has them
  Parts parts_;
  std::map<std::string, Row> rows_;
};

}  // namespace ssblog
