// SPDX-License-Identifier: MIT
// store/store.h - the feeds on disk: opening the file, reading from it.
//
// Used by every command that reads, and by Batch (batch.h), through which everything is written. Several
// processes may have the same store open; SQLite is where they meet. One thread a Store.
// Source: design.md, section 5.
#pragma once

#include "feed/message.h"
#include "feed/record.h"
#include "store/body.h"
#include "store/schema.h"
#include "store/sqlite.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ssblog {

/// A feed's number in this store. Local: never shown, never compared between hosts.
using FeedNumber = std::int64_t;
using StoreId = std::array<std::uint8_t, 16>;

/// Where a message lies: feed << 40 | sequence.
struct RowId {
  std::int64_t value = 0;
  static constexpr int sequence_bits = 40;
  static RowId of(FeedNumber feed, std::uint64_t sequence) {
    return {feed << sequence_bits | static_cast<std::int64_t>(sequence)};
  }
  FeedNumber feed() const { return value >> sequence_bits; }
  Seq sequence() const { return static_cast<Seq>(value & ((std::int64_t{1} << sequence_bits) - 1)); }
  auto operator<=>(const RowId&) const = default;
};

/// A range of time finds messages by the t' of their first line, from this much before the range on; those
/// whose lines spread wider are in a table of their own.
inline constexpr Millis wide_span = 10'000;

/// One feed that is held.
struct FeedRow {
  FeedNumber number = 0;
  FeedId id;
  std::optional<FeedState> tip;  ///< none: the feed is known, but no message of it is held
  double timestamp = 0;          ///< of the last message, as signed
};

class Store {
 public:
  /// How long a writer waits for its turn.
  static constexpr std::chrono::milliseconds patience = std::chrono::seconds(30);

  /// Opens `path` (or ":memory:"). With OpenMode::create a file that is not there is made, for this user
  /// alone.
  static Result<Store> open(const std::string& path, OpenMode mode,
                            std::chrono::milliseconds wait = patience);

  Result<StoreId> id();

  /// All feeds that are held, by their ids.
  Result<std::vector<FeedRow>> feeds();
  Result<std::optional<FeedRow>> feed(const FeedId& id);

  /// The stored text of one message; empty when it is not held. Code::data, and a sentence that names the message, when
  /// it is damaged.
  Result<std::string> message(RowId row);

  /// The text of a row that the caller reads itself, into `text`; the columns first_time, instance, shape and body stand
  /// from `column` on. Code::data as above.
  Result<void> read_body(RowId row, const Statement::Run& run, int column, std::string& text);

  /// The key of a held message: the tip's, or what the next message names as previous. Nothing when it is
  /// not held.
  Result<std::optional<MessageKey>> key_of(const FeedRow& feed, Seq sequence);

  /// What the feed calls itself, by its messages before `sequence`; empty when it never did.
  Result<std::string> name_before(FeedNumber feed, Seq sequence);

  /// A value of the meta table; empty when there is none.
  Result<ByteBuf> meta(std::string_view name);

  /// Number that changes whenever another connection has committed.
  Result<std::int64_t> data_version();

  /// From now on somebody else writes the log back; see Database::leave_log_to.
  void leave_log_to(std::function<void(std::size_t pages)> committed) {
    database_->leave_log_to(std::move(committed));
  }

  /// While the log is full, nothing is copied into the store (Batch::begin); what this host publishes still is.
  void set_log_full(bool full) { log_full_ = full; }
  bool is_log_full() const { return log_full_; }

  /// From now on a writer waits so long for its turn; 0: it gets Code::busy at once.
  Result<void> wait_at_most(std::chrono::milliseconds wait);

  Database& database() { return *database_; }
  const std::string& path() const { return database_->path(); }

 private:
  explicit Store(Database database);
  Result<FeedId> id_of(FeedNumber feed);

  std::unique_ptr<Database> database_;  // statements point at it
  BodyReader reader_;
  std::unordered_map<FeedNumber, FeedId> ids_;  // as far as they were asked for
  bool log_full_ = false;
  Statement meta_, feeds_, feed_, id_, message_, name_before_, data_version_;
};

}  // namespace ssblog
