// SPDX-License-Identifier: MIT
#include "store/backup.h"

#include "store/file_beside.h"
#include "store/hold.h"
#include "store/peer_book.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace ssblog {
namespace {

constexpr int backup_application_id = 0x53534242;  // "SSBB"
constexpr std::int64_t longest_file = 256 * 1024;  // bytes: of secret and configuration each

// Table and marks of a backup, on top of the tables of the store.
constexpr const char* mark_as_backup = R"sql(
PRAGMA journal_mode = DELETE;
BEGIN IMMEDIATE;
CREATE TABLE backup(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO backup VALUES ('id', randomblob(16));
DELETE FROM meta WHERE name = 'held_since';
INSERT OR REPLACE INTO meta VALUES ('hold', CAST('restored' AS BLOB));
UPDATE witnesses SET asked = 0;
)sql";

// A store again, with an id of its own: the one that it is a copy of may still be in use.
constexpr const char* mark_as_store = R"sql(
PRAGMA secure_delete = ON;
PRAGMA journal_mode = MEMORY;
BEGIN IMMEDIATE;
INSERT OR REPLACE INTO meta SELECT 'restored_backup', value FROM backup WHERE name = 'id';
DROP TABLE backup;
INSERT OR REPLACE INTO meta VALUES ('store_id', randomblob(16));
PRAGMA application_id = 0x5353424c;
COMMIT;
)sql";

Error of_backup(const std::string& path, const Error& error) {
  return {error.code, fmt::format("the backup {}: {}", path, error.text)};
}

/// The whole of a database, as of one moment, into the empty file `to`.
Result<void> copy_into(Database& from, const std::string& to) {
  Statement copy(from, "VACUUM INTO ?");
  return copy.exec(std::string_view(to));
}

Result<void> put(Database& database, std::string_view name, std::string_view value) {
  Statement insert(database, "INSERT INTO backup VALUES (?, ?)");
  return insert.exec(name, as_bytes(value));
}

Result<std::string> get(Database& database, std::string_view name) {
  Statement select(database, "SELECT value FROM backup WHERE name = ? AND length(value) <= ?");
  auto run = select.run(name, longest_file);
  auto row = run.step();
  if (!row) return row.error();
  if (!*row) return Error{Code::data, fmt::format("it has no {}", name)};
  return std::string(as_text(run.blob(0)));
}

Result<Seq> own_messages(Database& database, const FeedId& own) {
  Statement tip(database, "SELECT coalesce(max(sequence), 0) FROM feeds WHERE id = ?");
  auto run = tip.run(own.view());
  if (auto row = run.step(); !row) return row.error();
  return static_cast<Seq>(run.integer(0));
}

/// Makes a backup of a copy of the store.
Result<BackupFacts> complete(const std::string& copy, const FeedId& own, const HomeFiles& files, Millis now) {
  auto database = Database::open(copy, OpenMode::read_write, Store::patience);
  if (!database) return database.error();
  auto messages = own_messages(*database, own);
  if (!messages) return messages.error();
  if (auto marked = database->run(mark_as_backup); !marked) return marked.error();
  Statement from(*database, "INSERT OR REPLACE INTO meta VALUES ('restored_from', ?)");
  if (auto noted = from.exec(as_bytes(std::to_string(*messages))); !noted) return noted.error();
  const std::string made = std::to_string(now);
  for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>("secret", files.secret),
                                    {"config", files.config},
                                    {"made", made},
                                    {"own", as_text(own.view())}}) {
    if (auto done = put(*database, name, value); !done) return done.error();
  }
  const std::string mark = fmt::format("PRAGMA application_id = {}; COMMIT", backup_application_id);
  if (auto marked = database->run(mark.c_str()); !marked) return marked.error();
  return BackupFacts{own, *messages, now, files};
}

Result<Database> open_backup(const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0) return file_error("read the backup", path, errno);
  auto database = Database::open(path, OpenMode::read_only, Store::patience);
  if (!database) return database;
  Statement application(*database, "PRAGMA application_id");
  auto run = application.run();
  auto row = run.step();
  if (!row || run.integer(0) != backup_application_id)
    return Error{Code::data, fmt::format("{} is no backup that `ssblog backup` made", path)};
  return database;
}

/// Publishing is held from now on, and the guard of the home is asked where it lies.
Result<void> settle_store(const Home& home, const FeedId& own, Millis now) {
  auto store = Store::open(home.store_path(), OpenMode::read_write);
  if (!store) return store.error();
  if (auto wal = store->database().run("PRAGMA journal_mode = WAL"); !wal) return wal;
  auto guard = guard_of(*store, home, own);
  if (!guard) return guard.error();
  const auto record = guard->read();
  auto batch = Batch::begin(*store, Durability::full);
  if (!batch) return batch.error();
  if (record && !*record) {
    if (auto begun = begin_guard(*batch, home); !begun) return begun;
  }
  if (auto noted = note_held(*batch, HoldFacts{}, now); !noted) return noted;
  // Others have been told more since: what they and this store say of their last meeting are two meetings.
  if (auto forgotten = forget_clocks(*batch); !forgotten) return forgotten;
  return batch->commit(now);
}

/// True: it is the one that this backup was laid out as before.
Result<bool> is_of_backup(const Home& home, const std::string& backup_id) {
  auto store = Store::open(home.store_path(), OpenMode::read_write);
  if (!store) return store.error();
  auto from = store->meta("restored_backup");
  if (!from) return from.error();
  return as_text(*from) == backup_id;
}

Result<void> lay_out_store(Database& backup, const std::string& path, const Home& home) {
  auto id = get(backup, "id");
  if (!id) return of_backup(path, id.error());
  if (::access(home.store_path().c_str(), F_OK) == 0) {
    auto same = is_of_backup(home, *id);
    if (!same) return same.error();
    if (*same) return {};
    return Error{Code::cannot_create,
                 fmt::format("there is a store already: {}; move it away first", home.store_path())};
  }
  auto file = FileBeside::make(home.store_path(), OwnedBy::directory);
  if (!file) return file.error();
  if (auto copied = copy_into(backup, file->name()); !copied) return of_backup(path, copied.error());
  {
    auto copy = Database::open(file->name(), OpenMode::read_write, Store::patience);
    if (!copy) return copy.error();
    if (auto marked = copy->run(mark_as_store); !marked) return marked;
  }
  return file->settle(false);
}

Result<void> lay_out_config(const std::string& config, const Home& home) {
  auto created = create_file(home.config_path(), config, S_IRUSR | S_IWUSR, OwnedBy::directory);
  if (created || created.error().code != Code::cannot_create) return created;
  auto there = read_file(home.config_path(), static_cast<std::size_t>(longest_file));
  if (!there) return there.error();
  if (*there == config) return {};
  return Error{Code::cannot_create,
               fmt::format("{} exists and says something else than the backup; move it away first",
                           home.config_path())};
}

}  // namespace

Result<BackupFacts> write_backup(Store& store, const FeedId& own, const HomeFiles& files,
                                 const std::string& path, bool replace, Millis now) {
  if (!replace && (::access(path.c_str(), F_OK) == 0 || errno != ENOENT)) {
    return Error{Code::cannot_create,
                 fmt::format("{} exists already; it is replaced only with --force", path)};
  }
  auto file = FileBeside::make(path);
  if (!file) return file.error();
  if (auto copied = copy_into(store.database(), file->name()); !copied)
    return of_backup(path, copied.error());
  auto facts = complete(file->name(), own, files, now);
  if (!facts) return of_backup(path, facts.error());
  if (auto settled = file->settle(replace); !settled) return settled.error();
  return facts;
}

Result<BackupFacts> read_backup(const std::string& path) {
  auto database = open_backup(path);
  if (!database) return database.error();
  BackupFacts facts;
  for (const auto& [name, to] : {std::pair<std::string_view, std::string*>("secret", &facts.files.secret),
                                 {"config", &facts.files.config}}) {
    auto value = get(*database, name);
    if (!value) return of_backup(path, value.error());
    *to = std::move(*value);
  }
  auto keys = parse_secret_file(facts.files.secret);
  if (!keys) return of_backup(path, keys.error());
  facts.own = keys->id();
  auto made = get(*database, "made");
  if (!made) return of_backup(path, made.error());
  facts.made = std::strtoll(made->c_str(), nullptr, 10);
  auto messages = own_messages(*database, facts.own);
  if (!messages) return of_backup(path, messages.error());
  facts.messages = *messages;
  return facts;
}

Result<void> lay_out_backup(const std::string& path, const BackupFacts& facts, const Home& home, Millis now) {
  if (auto made = make_directories(home.directory); !made) return made;
  auto lock = lock_directory(home.directory);
  if (!lock) return lock.error();
  if (::access(home.secret_path().c_str(), F_OK) == 0) {
    return Error{Code::cannot_create,
                 fmt::format("{} has an identity already; nothing was changed. Move the directory away, and "
                             "keep it: it may have messages that the backup has not",
                             home.directory)};
  }
  auto backup = open_backup(path);
  if (!backup) return backup.error();
  if (auto config = lay_out_config(facts.files.config, home); !config) return config;
  if (auto store = lay_out_store(*backup, path, home); !store) return store;
  if (auto settled = settle_store(home, facts.own, now); !settled) return settled;
  return create_file(home.secret_path(), facts.files.secret, S_IRUSR | S_IWUSR, OwnedBy::directory);
}

}  // namespace ssblog
