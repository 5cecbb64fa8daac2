// SPDX-License-Identifier: MIT
#include "store/schema.h"

#include "store/migrate.h"
#include "store/schema_tables.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

Result<void> make_tables(Database& database, bool held) {
  // Two may make the store at once: who comes second finds it made.
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  auto version = pragma_value(database, "PRAGMA user_version");
  if (!version) return version.error();
  if (*version != 0) return {};
  if (auto made = database.run(tables_1); !made) return made;
  if (auto made = database.run(tables_2); !made) return made;
  if (auto made = database.run(tables_3); !made) return made;
  if (auto made = database.run(tables_4); !made) return made;
  if (auto made = database.run(tables_5); !made) return made;
  if (auto made = database.run(tables_6); !made) return made;
  if (auto made = database.run(tables_7); !made) return made;
  const std::string marks = fmt::format(
      "INSERT INTO meta VALUES ('store_id', randomblob(16)); PRAGMA application_id = {}; PRAGMA user_version "
      "= {}",
      application_id, schema_version);
  if (auto marked = database.run(marks.c_str()); !marked) return marked;
  if (held) {
    if (auto marked = database.run("INSERT INTO meta VALUES ('hold', CAST('store_missing' AS BLOB))");
        !marked)
      return marked;
  }
  return transaction->commit();
}

}  // namespace

Result<void> prepare_schema(Database& database, OpenMode mode) {
  auto version = pragma_value(database, "PRAGMA user_version");
  if (!version) return version.error();
  auto application = pragma_value(database, "PRAGMA application_id");
  if (!application) return application.error();
  auto tables_there = pragma_value(database, "SELECT count(*) FROM sqlite_schema");
  if (!tables_there) return tables_there.error();

  if (*tables_there == 0 && *version == 0 && (mode == OpenMode::create || mode == OpenMode::create_held)) {
    if (auto laid_out = database.run(file_layout); !laid_out) return laid_out;
    if (auto wal = database.run("PRAGMA journal_mode = WAL"); !wal) return wal;
    return make_tables(database, mode == OpenMode::create_held);
  }
  if (*application != application_id) {
    return Error{Code::data, fmt::format("{} is no ssblog store", database.path())};
  }
  if (*version > schema_version) {
    return Error{Code::config,
                 fmt::format("the store {} was made by a newer ssblog (schema {}, this one knows {}); "
                             "install that version or a later one",
                             database.path(), *version, schema_version)};
  }
  if (*version < schema_version && mode == OpenMode::read_only) {
    return Error{Code::config,
                 fmt::format("the store {} was made by an older ssblog; `ssblog restore`, run by its "
                             "owner, brings it up to date",
                             database.path())};
  }
  return *version < schema_version ? migrate_schema(database) : Result<void>();
}

Result<void> set_durability(Database& database, Durability durability) {
  return database.run(durability == Durability::full ? "PRAGMA synchronous = FULL"
                                                     : "PRAGMA synchronous = NORMAL");
}

}  // namespace ssblog
