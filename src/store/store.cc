// SPDX-License-Identifier: MIT
#include "store/store.h"

#include "feed/json.h"
#include "store/private_file.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

// Pages of 16 KiB: the write-ahead log is written back when it has 1 MiB, and its file is cut to that. A
// process that opens the store alone reads all of the log first; a longer one would cost each short command.
constexpr const char* settings = R"sql(
PRAGMA cell_size_check = ON;
PRAGMA cache_size = -4096;
PRAGMA wal_autocheckpoint = 64;
PRAGMA journal_size_limit = 1048576;
)sql";

FeedRow feed_row(const Statement::Run& run) {
  FeedRow row;
  row.number = run.integer(0);
  row.id = FeedId::from(run.blob(1)).value_or(FeedId{});
  if (const auto sequence = run.integer(2); sequence > 0) {
    row.tip = FeedState{static_cast<Seq>(sequence), MessageKey::from(run.blob(3)).value_or(MessageKey{})};
  }
  row.timestamp = run.real(4);
  return row;
}

}  // namespace

Store::Store(Database database)
    : database_(std::make_unique<Database>(std::move(database))),
      meta_(*database_, "SELECT value FROM meta WHERE name = ?"),
      feeds_(*database_, "SELECT feed, id, sequence, key, timestamp FROM feeds ORDER BY id"),
      feed_(*database_, "SELECT feed, id, sequence, key, timestamp FROM feeds WHERE id = ?"),
      id_(*database_, "SELECT id FROM feeds WHERE feed = ?"),
      message_(*database_, "SELECT first_time, instance, shape, body FROM messages WHERE id = ?"),
      name_before_(*database_,
                   "SELECT name FROM names WHERE feed = ? AND sequence < ? ORDER BY sequence DESC LIMIT 1"),
      data_version_(*database_, "PRAGMA data_version") {}

Result<Store> Store::open(const std::string& path, OpenMode mode, std::chrono::milliseconds wait) {
  if ((mode == OpenMode::create || mode == OpenMode::create_held) && path != ":memory:") {
    if (auto created = create_private(path); !created) return created.error();
  }
  auto database = Database::open(path, mode, wait);
  if (!database) return database.error();
  if (auto ready = database->run(settings); !ready) return ready.error();
  if (auto ready = prepare_schema(*database, mode); !ready) return ready.error();
  return Store(std::move(*database));
}

Result<void> Store::wait_at_most(std::chrono::milliseconds wait) {
  return database_->run(fmt::format("PRAGMA busy_timeout = {}", wait.count()).c_str());
}

Result<StoreId> Store::id() {
  auto value = meta("store_id");
  if (!value) return value.error();
  StoreId id{};
  if (value->size() != id.size())
    return Error{Code::data, fmt::format("the store {} has no id: it is damaged", path())};
  std::copy(value->begin(), value->end(), id.begin());
  return id;
}

Result<std::vector<FeedRow>> Store::feeds() {
  std::vector<FeedRow> rows;
  auto run = feeds_.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return rows;
    rows.push_back(feed_row(run));
  }
}

Result<std::optional<FeedRow>> Store::feed(const FeedId& id) {
  auto run = feed_.run(id.view());
  auto row = run.step();
  if (!row) return row.error();
  if (!*row) return std::optional<FeedRow>();
  return std::optional(feed_row(run));
}

Result<std::string> Store::message(RowId row) {
  std::string text;
  auto run = message_.run(row.value);
  auto found = run.step();
  if (!found) return found.error();
  if (!*found) return text;
  if (auto read = read_body(row, run, 0, text); !read) return read.error();
  return text;
}

Result<FeedId> Store::id_of(FeedNumber feed) {
  const auto known = ids_.find(feed);
  if (known != ids_.end()) return known->second;
  auto run = id_.run(feed);
  auto row = run.step();
  if (!row) return row.error();
  if (!*row) return FeedId{};
  return ids_[feed] = FeedId::from(run.blob(0)).value_or(FeedId{});
}

Result<void> Store::read_body(RowId row, const Statement::Run& run, int column, std::string& text) {
  const bool is_known = ids_.contains(row.feed());
  auto id = id_of(row.feed());
  if (!id) return id.error();
  const auto beside = [&] {
    return mark_of(BesideBody{&*id, row.sequence(), run.maybe_integer(column), run.maybe_integer(column + 1),
                              run.text(column + 2)});
  };
  auto read = reader_.unpack(run.blob(column + 3), beside(), text);
  if (!read && is_known) {
    // A number that was given in a transaction that failed is given again.
    ids_.erase(row.feed());
    id = id_of(row.feed());
    if (!id) return id.error();
    read = reader_.unpack(run.blob(column + 3), beside(), text);
  }
  if (read) return {};
  return Error{Code::data,
               fmt::format("message {} of feed {} is damaged in the store {}; see `ssblog verify`",
                           row.sequence(), to_text(*id), path())};
}

Result<std::optional<MessageKey>> Store::key_of(const FeedRow& feed, Seq sequence) {
  if (!feed.tip || sequence == 0 || sequence > feed.tip->sequence) return std::optional<MessageKey>();
  if (sequence == feed.tip->sequence) return std::optional(feed.tip->key);
  auto next = message(RowId::of(feed.number, sequence + 1));
  if (!next) return next.error();
  const auto previous = text_of(member(*next, "previous"));
  return previous ? parse_message_key(*previous) : std::optional<MessageKey>();
}

Result<std::string> Store::name_before(FeedNumber feed, Seq sequence) {
  auto run = name_before_.run(feed, sequence);
  auto row = run.step();
  if (!row) return row.error();
  return *row ? std::string(run.text(0)) : std::string();
}

Result<ByteBuf> Store::meta(std::string_view name) {
  auto run = meta_.run(name);
  auto row = run.step();
  if (!row) return row.error();
  if (!*row) return ByteBuf();
  const ByteView value = run.blob(0);
  return ByteBuf(value.begin(), value.end());
}

Result<std::int64_t> Store::data_version() {
  auto run = data_version_.run();
  auto row = run.step();
  if (!row) return row.error();
  return run.integer(0);
}

}  // namespace ssblog
