// SPDX-License-Identifier: MIT
#include "store/migrate.h"

#include "feed/contact.h"
#include "feed/json.h"
#include "store/body.h"
#include "store/boots.h"
#include "store/run_notes.h"
#include "store/schema_tables.h"
#include "store/stored_texts.h"
#include "store/watch_notes.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

/// Version 5: bodies have a checksum. What cannot be read as it is gets none, and so is found damaged.
Result<void> seal_bodies(Database& database) {
  Statement messages(database,
                     "SELECT m.id, m.first_time, m.instance, m.shape, m.body, f.id FROM messages m "
                     "JOIN feeds f ON f.feed = m.id >> 40");
  Statement seal(database, "UPDATE messages SET body = ? WHERE id = ?");
  BodyPacker packer;
  BodyReader reader;
  std::string text;
  const auto readable = [&](ByteView body) {
    return reader.unpack_unsealed(body, text) && text.starts_with('{');
  };
  {
    auto run = messages.run();
    for (;;) {
      auto row = run.step();
      if (!row) return row.error();
      if (!*row) break;
      const FeedId feed = FeedId::from(run.blob(5)).value_or(FeedId{});
      const auto sequence = static_cast<std::uint64_t>(run.integer(0) & ((std::int64_t{1} << 40) - 1));
      if (!readable(run.blob(4))) continue;
      const auto mark =
          mark_of(BesideBody{&feed, sequence, run.maybe_integer(1), run.maybe_integer(2), run.text(3)});
      if (auto sealed = seal.exec(packer.seal(run.blob(4), mark), run.integer(0)); !sealed) return sealed;
    }
  }
  Statement spooled(database, "SELECT id, timestamp, content FROM spool");
  Statement seal_spooled(database, "UPDATE spool SET content = ? WHERE id = ?");
  auto run = spooled.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return {};
    if (!readable(run.blob(2))) continue;
    if (auto sealed = seal_spooled.exec(packer.seal(run.blob(2), mark_of(run.real(1))), run.integer(0));
        !sealed)
      return sealed;
  }
}

/// Takes the contacts out of the messages that are there.
Result<void> fill_contacts(Database& database) {
  Statement insert(database, "INSERT OR REPLACE INTO contacts VALUES (?, ?, ?)");
  return for_each_unsealed(database, "SELECT id, body FROM messages ORDER BY id",
                           [&](RowId row, std::string_view text) -> Result<void> {
                             const auto contact = read_contact(member(text, "content"));
                             if (!contact) return {};
                             return insert.exec(row.feed(), contact->contact.view(),
                                                static_cast<int>(contact->relation));
                           });
}

}  // namespace

Result<int> pragma_value(Database& database, const char* sql) {
  Statement statement(database, sql);
  auto run = statement.run();
  auto row = run.step();
  if (!row) return row.error();
  return static_cast<int>(run.integer(0));
}

Result<void> migrate_schema(Database& database) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  // Another process may have been first.
  auto version = pragma_value(database, "PRAGMA user_version");
  if (!version) return version.error();
  if (*version >= schema_version) return {};
  if (*version < 2) {
    if (auto made = database.run(tables_2); !made) return made;
    if (auto filled = fill_contacts(database); !filled) return filled;
  }
  if (*version < 5) {
    if (auto made = database.run(tables_5); !made) return made;
    if (auto filled = BootNotes::fill(database); !filled) return filled;
    if (auto sealed = seal_bodies(database); !sealed) return sealed;
  }
  if (*version < 3) {
    if (auto made = database.run(tables_3); !made) return made;
    if (auto filled = database.run(fill_3); !filled) return filled;
  }
  if (*version < 4) {
    if (auto made = database.run(tables_4); !made) return made;
  }
  if (*version < 6) {
    if (auto made = database.run(tables_6); !made) return made;
    if (auto filled = RunNotes::fill(database); !filled) return filled;
  }
  if (auto made = database.run(tables_7); !made) return made;
  if (auto filled = WatchNotes::fill(database); !filled) return filled;
  const std::string mark = fmt::format("PRAGMA user_version = {}", schema_version);
  if (auto marked = database.run(mark.c_str()); !marked) return marked;
  return transaction->commit();
}

}  // namespace ssblog
