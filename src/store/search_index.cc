// SPDX-License-Identifier: MIT
#include "store/search_index.h"

#include "feed/instance.h"
#include "feed/json.h"
#include "store/files.h"
#include "store/gram_tokenizer.h"
#include "store/private_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr int index_version = 1;
constexpr int application_id = 0x53534253;  // "SSBS"
constexpr std::size_t most_grams = 16;      // of a word: further ones leave out little more
// The index can be made anew: no commit waits for the disk.
constexpr const char* settings = "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384;";
constexpr const char* layout = "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;";
constexpr const char* tables = R"sql(
CREATE VIRTUAL TABLE grams USING fts5(pieces, tokenize = 'grams', content = '', detail = none, columnsize = 0);
INSERT INTO grams(grams, rank) VALUES('hashsize', 16777216);
-- How far a feed of the store is taken, and the message that it ends with.
CREATE TABLE feeds(feed INTEGER PRIMARY KEY, id BLOB NOT NULL, sequence INTEGER NOT NULL, key BLOB NOT NULL) STRICT;
-- When the first line of each message stands, so that an answer needs no page of the store. NULL: none begins in it.
CREATE TABLE taken(id INTEGER PRIMARY KEY, first_time INTEGER) STRICT;
-- Messages that are in every answer: a line goes on in another message, bytes are missing before it, it is damaged.
CREATE TABLE kept(id INTEGER PRIMARY KEY) STRICT;
-- 'store': id of the store; 'stale': messages of which only the room is left.
CREATE TABLE meta(name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('stale', 0);
)sql";

Result<std::int64_t> number_in(Database& database, const char* sql) {
  Statement statement(database, sql);
  auto run = statement.run();
  auto row = run.step();
  if (!row) return row.error();
  return *row ? run.integer(0) : 0;
}

/// What FTS5 is asked for: all of the grams.
std::string expression_of(std::span<const std::string> words) {
  std::vector<std::string> grams;
  for (const std::string& word : words) {
    for (std::string& gram : grams_of_word(word, most_grams)) grams.push_back(std::move(gram));
  }
  std::sort(grams.begin(), grams.end());
  grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
  std::string expression;
  for (const std::string& gram : grams) {
    expression += expression.empty() ? "\"" : " AND \"";
    for (const char c : gram) expression.append(c == '"' ? 2 : 1, c);
    expression += '"';
  }
  return expression;
}

}  // namespace

SearchIndex::SearchIndex(Database database, Store& store)
    : database_(std::make_unique<Database>(std::move(database))),
      store_(&store),
      known_(*database_, "SELECT feed, id, sequence, key FROM feeds"),
      keep_known_(*database_, "INSERT OR REPLACE INTO feeds VALUES (?, ?, ?, ?)"),
      drop_known_(*database_, "DELETE FROM feeds WHERE feed = ?"),
      add_stale_(*database_, "UPDATE meta SET value = value + ? WHERE name = 'stale'"),
      stale_(*database_, "SELECT value FROM meta WHERE name = 'stale'"),
      insert_(*database_, "INSERT INTO grams(rowid, pieces) VALUES (?, ?)"),
      take_(*database_, "INSERT OR REPLACE INTO taken VALUES (?, ?)"),
      keep_(*database_, "INSERT OR IGNORE INTO kept VALUES (?)"),
      kept_(*database_, "SELECT k.id, t.first_time FROM kept k LEFT JOIN taken t ON t.id = k.id LIMIT ?"),
      match_(*database_,
             "SELECT g.rowid, t.first_time FROM grams g LEFT JOIN taken t ON t.id = g.rowid "
             "WHERE grams MATCH ? LIMIT ?"),
      messages_(store.database(),
                "SELECT id, first_time, instance, shape, body FROM messages NOT INDEXED "
                "WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?"),
      rows_(store.database(),
            "SELECT id, first_time FROM messages NOT INDEXED WHERE id BETWEEN ? AND ? LIMIT ?") {}

Result<std::optional<SearchIndex>> SearchIndex::open(const std::string& path, Store& store, OpenMode mode) {
  if (mode == OpenMode::create) {
    if (auto created = create_private(path); !created) return created.error();
  } else if (::access(path.c_str(), F_OK) != 0) {
    return std::optional<SearchIndex>();
  }
  // Another program that writes to it keeps a search no longer than this from being slow.
  auto database = Database::open(path, mode, std::chrono::milliseconds(200));
  if (!database) return database.error();
  if (auto set = database->run(settings); !set) return set.error();
  if (auto added = add_gram_tokenizer(*database); !added) return added.error();
  SearchIndex index(std::move(*database), store);
  auto ready = index.prepare(mode);
  if (!ready) return ready.error();
  return *ready ? std::optional(std::move(index)) : std::nullopt;
}

bool SearchIndex::is_detached() const {
  int moved = 0;
  return sqlite3_file_control(database_->handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
         moved != 0;
}

/// False: it is none that could be used.
Result<bool> SearchIndex::prepare(OpenMode mode) {
  auto application = number_in(*database_, "PRAGMA application_id");
  if (!application) return application.error();
  auto version = number_in(*database_, "PRAGMA user_version");
  if (!version) return version.error();
  auto objects = number_in(*database_, "SELECT count(*) FROM sqlite_schema");
  if (!objects) return objects.error();
  if (*objects > 0 && *application != application_id)
    return Error{Code::data, fmt::format("{} is no search index of ssblog", database_->path())};
  auto store_id = store_->id();
  if (!store_id) return store_id.error();
  if (*version == index_version) {
    Statement of_store(*database_, "SELECT value FROM meta WHERE name = 'store'");
    auto run = of_store.run();
    auto row = run.step();
    if (!row) return row.error();
    if (*row && std::ranges::equal(run.blob(0), *store_id)) return true;
  }
  if (mode == OpenMode::read_only) return false;
  if (*objects == 0) {
    if (auto laid_out = database_->run(layout); !laid_out) return laid_out.error();
  }
  auto transaction = Transaction::begin(*database_);
  if (!transaction) return transaction.error();
  constexpr const char* empty =
      "DROP TABLE IF EXISTS grams; DROP TABLE IF EXISTS feeds; DROP TABLE IF EXISTS taken; DROP TABLE IF "
      "EXISTS kept; DROP TABLE IF "
      "EXISTS "
      "meta;";
  if (auto emptied = database_->run(empty); !emptied) return emptied.error();
  if (auto made = database_->run(tables); !made) return made.error();
  Statement of_store(*database_, "INSERT INTO meta VALUES ('store', ?)");
  if (auto marked = of_store.exec(ByteView(*store_id)); !marked) return marked.error();
  const std::string marks =
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, index_version);
  if (auto marked = database_->run(marks.c_str()); !marked) return marked.error();
  if (auto made = transaction->commit(); !made) return made.error();
  return true;
}

Result<std::map<FeedNumber, Seq>> SearchIndex::known(const std::vector<FeedRow>& feeds) {
  std::map<FeedNumber, Seq> taken;
  auto run = known_.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return taken;
    const auto feed = std::find_if(feeds.begin(), feeds.end(),
                                   [&](const FeedRow& held) { return held.number == run.integer(0); });
    if (feed == feeds.end() || !std::ranges::equal(run.blob(1), feed->id.bytes)) continue;
    const auto sequence = static_cast<Seq>(run.integer(2));
    auto key = store_->key_of(*feed, sequence);
    if (!key) return key.error();
    if (*key && std::ranges::equal(run.blob(3), (*key)->bytes)) taken[feed->number] = sequence;
  }
}

Result<std::uint64_t> SearchIndex::behind() {
  auto feeds = store_->feeds();
  if (!feeds) return feeds.error();
  auto taken = known(*feeds);
  if (!taken) return taken.error();
  std::uint64_t messages = 0;
  for (const FeedRow& feed : *feeds) {
    if (feed.tip) messages += feed.tip->sequence - (*taken)[feed.number];
  }
  return messages;
}

Result<std::uint64_t> SearchIndex::take(std::uint64_t most) {
  auto transaction = Transaction::begin(*database_);
  if (!transaction) return transaction.error();
  auto snapshot = ReadTransaction::begin(store_->database());
  if (!snapshot) return snapshot.error();
  auto feeds = store_->feeds();
  if (!feeds) return feeds.error();
  auto taken = known(*feeds);
  if (!taken) return taken.error();
  if (auto dropped = drop_stale(*taken); !dropped) return dropped.error();
  // In the order of their rows, as FTS5 likes it.
  std::sort(feeds->begin(), feeds->end(),
            [](const FeedRow& a, const FeedRow& b) { return a.number < b.number; });
  std::uint64_t left = 0;
  for (const FeedRow& feed : *feeds) {
    if (!feed.tip) continue;
    Seq& last = (*taken)[feed.number];
    const Seq before = last;
    auto run = messages_.run(RowId::of(feed.number, last + 1).value,
                             RowId::of(feed.number, feed.tip->sequence).value, most);
    while (most > 0) {
      auto row = run.step();
      if (!row) return row.error();
      if (!*row) break;
      const RowId message{run.integer(0)};
      if (auto added = take_message(message, run); !added) return added.error();
      last = message.sequence();
      --most;
    }
    left += feed.tip->sequence - last;
    if (last == before) continue;
    auto key = store_->key_of(feed, last);
    if (!key) return key.error();
    if (!*key) continue;  // damaged: the next one does not name it
    auto kept = keep_known_.exec(feed.number, feed.id.view(), last, (*key)->view());
    if (!kept) return kept.error();
  }
  if (auto committed = transaction->commit(); !committed) return committed.error();
  return left;
}

/// Feeds that are no longer held, or were cut, are forgotten; what the index has of them stays as mere room.
Result<void> SearchIndex::drop_stale(const std::map<FeedNumber, Seq>& taken) {
  std::vector<std::pair<FeedNumber, Seq>> gone;
  {
    auto run = known_.run();
    for (;;) {
      auto row = run.step();
      if (!row) return row.error();
      if (!*row) break;
      if (!taken.contains(run.integer(0)))
        gone.emplace_back(run.integer(0), static_cast<Seq>(run.integer(2)));
    }
  }
  for (const auto& [feed, messages] : gone) {
    if (auto dropped = drop_known_.exec(feed); !dropped) return dropped;
    if (auto added = add_stale_.exec(messages); !added) return added;
  }
  return {};
}

Result<std::uint64_t> SearchIndex::stale() {
  auto run = stale_.run();
  auto row = run.step();
  if (!row) return row.error();
  return *row ? static_cast<std::uint64_t>(run.integer(0)) : 0;
}

Result<bool> SearchIndex::take_message(RowId row, const Statement::Run& run) {
  const auto keep = [&]() -> Result<bool> {
    auto kept = keep_.exec(row.value);
    if (!kept) return kept.error();
    return false;
  };
  if (auto taken = take_.exec(row.value, run.maybe_integer(1)); !taken) return taken.error();
  thread_local Record record;
  if (auto read = store_->read_body(row, run, 1, text_); !read) return keep();
  read_record(member(text_, "content"), number_of(member(text_, "timestamp")).value_or(0), record);
  Placement placement;
  if (!run.null(3)) parse_shape(run.text(3), placement);
  if (placement.gap > 0 || (record.chunk && record.chunk->more)) {
    if (auto kept = keep(); !kept) return kept;
  }
  auto added = insert_.exec(
      row.value, std::string_view(cutter_.cut(record.kind == RecordKind::log ? record.bytes : record.note)));
  if (!added) return added.error();
  return true;
}

Result<void> SearchIndex::settle() { return database_->run("INSERT INTO grams(grams) VALUES('optimize')"); }

Result<std::optional<std::vector<TimedRow>>> SearchIndex::candidates(std::span<const std::string> words,
                                                                     std::size_t most) {
  const std::string expression = expression_of(words);
  if (expression.empty()) return std::optional<std::vector<TimedRow>>();
  auto feeds = store_->feeds();
  if (!feeds) return feeds.error();
  auto taken = known(*feeds);
  if (!taken) return taken.error();
  std::vector<TimedRow> rows;
  const auto add_all = [&](Statement::Run run, bool of_index) -> Result<bool> {
    for (;;) {
      auto row = run.step();
      if (!row) return row.error();
      if (!*row) return true;
      const RowId message{run.integer(0)};
      const auto feed = taken->find(message.feed());
      if (of_index && (feed == taken->end() || message.sequence() > feed->second)) continue;
      rows.push_back({run.integer(1), message});
      if (rows.size() > most) return false;
    }
  };
  auto few = add_all(match_.run(std::string_view(expression), most + 1), true);
  if (few && *few) few = add_all(kept_.run(most + 1), true);
  for (const FeedRow& feed : *feeds) {
    if (!few || !*few || !feed.tip) continue;
    few = add_all(rows_.run(RowId::of(feed.number, (*taken)[feed.number] + 1).value,
                            RowId::of(feed.number, feed.tip->sequence).value, most + 1),
                  false);
  }
  if (!few) return few.error();
  if (!*few) return std::optional<std::vector<TimedRow>>();
  const auto place = [](const TimedRow& row) { return std::pair(row.first, row.row.value); };
  std::sort(rows.begin(), rows.end(),
            [&](const TimedRow& a, const TimedRow& b) { return place(a) < place(b); });
  rows.erase(std::unique(rows.begin(), rows.end(),
                         [&](const TimedRow& a, const TimedRow& b) { return place(a) == place(b); }),
             rows.end());
  return std::optional(std::move(rows));
}

}  // namespace ssblog
