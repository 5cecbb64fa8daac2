// SPDX-License-Identifier: MIT
#include "store/schema.h"

#include "feed/contact.h"
#include "feed/json.h"
#include "store/body.h"
#include "store/boots.h"
#include "store/run_notes.h"
#include "store/watch_notes.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

constexpr int schema_version = 7;
constexpr int application_id = 0x5353424c;  // "SSBL"

// Both pragmas work only before the first table.
constexpr const char* file_layout = R"sql(
PRAGMA page_size = 16384;
PRAGMA auto_vacuum = INCREMENTAL;
)sql";

constexpr const char* tables = R"sql(
-- What is true of the store as a whole: 'store_id' (16 random bytes), 'own_feed' (32 bytes),
-- 'hold' (why publishing is held), 'held_since' (ms, when that was noticed), 'held_guard' (how far the guard was then),
-- 'claimed' (the longest own feed that a bundle or a peer showed), 'restored_from' (own messages in the backup that the
-- store came out of), 'restored_backup' (id of that backup), 'guard_directory' (where the guard of the own feed lies),
-- 'cloned_at' (where another copy of this host was met); what supersede.cc, successors.cc and rebase.cc keep of identities
-- that took the place of others.
CREATE TABLE meta(
  name TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- The feeds that are held, and their tips.
CREATE TABLE feeds(
  feed INTEGER PRIMARY KEY AUTOINCREMENT,  -- local number: never reused, never shown, never a tie-break
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
  sequence INTEGER NOT NULL,               -- of the last message; 0: none
  key BLOB,                                -- of the last message: what the next one must name
  timestamp REAL                           -- of the last message, as signed
) STRICT;

-- The messages. Unique by construction: the row id is feed << 40 | sequence.
CREATE TABLE messages(
  id INTEGER PRIMARY KEY,
  first_time INTEGER,   -- t' of the first line that begins in it; NULL: none does
  instance INTEGER,     -- stream instance of its bytes; NULL: no log message
  shape TEXT,           -- JSON of what is unusual in how its bytes stand in the instance; NULL: nothing
  body BLOB NOT NULL    -- compact JSON of the signed message, or a zstd frame of it, sealed (body.h)
) STRICT;
CREATE INDEX messages_by_time ON messages(first_time) WHERE first_time IS NOT NULL;

-- Messages whose lines spread over more than a few seconds, so that a range of time finds those that begin before it.
CREATE TABLE wide(
  last_time INTEGER NOT NULL,  -- greatest t' of its lines
  id INTEGER NOT NULL,
  PRIMARY KEY (last_time, id)
) STRICT, WITHOUT ROWID;

-- Lines that go on from message to message.
CREATE TABLE continued(
  next INTEGER PRIMARY KEY,    -- the message that goes on with the line
  previous INTEGER NOT NULL,   -- the message that it goes on from
  first INTEGER NOT NULL       -- the message in which the line began
) STRICT;
CREATE UNIQUE INDEX continued_by_previous ON continued(previous);

-- Stream instances. kind 0: chunks of (stream, name = run). kind 1: job and loss records of name = run.
-- kind 2: lines without chunk of (stream, name = job); each line is a stream of its own.
CREATE TABLE instances(
  instance INTEGER PRIMARY KEY AUTOINCREMENT,
  feed INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  stream TEXT NOT NULL,
  job TEXT NOT NULL,           -- of its first message
  first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  high INTEGER NOT NULL,       -- one behind the highest covered byte
  latest INTEGER,              -- t' so far
  open_next INTEGER,           -- an unfinished line: where its next byte must stand,
  open_first INTEGER,          --   the sequence of its first message
  open_last INTEGER,           --   and of its last one so far
  holes TEXT,                  -- JSON of the ranges below high that are not covered; NULL: none
  UNIQUE (feed, kind, name, stream)
) STRICT;
-- A run's greatest t'; a feed may have very many streams in one run.
CREATE INDEX instances_by_run ON instances(feed, name, latest) WHERE kind < 2;

-- What feeds call themselves, from which message on.
CREATE TABLE names(
  feed INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (feed, sequence)
) STRICT, WITHOUT ROWID;

-- The order of receipt: a row for each feed and transaction.
CREATE TABLE arrivals(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  feed INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  received INTEGER NOT NULL    -- ms since 1970, our clock
) STRICT;

-- Contents that wait to be signed while publishing is held.
CREATE TABLE spool(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp REAL NOT NULL,     -- to be signed with
  content BLOB NOT NULL        -- canonical compact JSON, or a zstd frame of it, sealed
) STRICT;

-- How far a source was read; committed with the message that the position led to.
CREATE TABLE positions(
  source TEXT PRIMARY KEY,
  position TEXT NOT NULL       -- JSON
) STRICT, WITHOUT ROWID;

-- Hosts that may know more of our own feed than we do.
CREATE TABLE witnesses(
  host BLOB PRIMARY KEY CHECK (length(host) = 32),
  acknowledged INTEGER NOT NULL DEFAULT 0,  -- highest own sequence that it said it holds
  claimed INTEGER NOT NULL DEFAULT 0,       -- a higher one that it claimed while publishing was held
  asked INTEGER NOT NULL DEFAULT 0          -- 1: was asked since the hold began
) STRICT, WITHOUT ROWID;
)sql";

// Version 2: what hosts say of each other. A store of version 1 gets it when it is next written to.
constexpr const char* tables_2 = R"sql(
-- Who follows or blocks whom, by the last contact message of each pair.
CREATE TABLE contacts(
  feed INTEGER NOT NULL,       -- of the author
  contact BLOB NOT NULL CHECK (length(contact) = 32),
  relation INTEGER NOT NULL,   -- 1 follows, -1 blocks, -2 neither
  PRIMARY KEY (feed, contact)
) STRICT, WITHOUT ROWID;

-- What another host said last that it holds.
CREATE TABLE clocks(
  host BLOB NOT NULL CHECK (length(host) = 32),
  feed BLOB NOT NULL CHECK (length(feed) = 32),
  sequence INTEGER NOT NULL,   -- -1: it does not want the feed
  PRIMARY KEY (host, feed)
) STRICT, WITHOUT ROWID;

-- Where hosts can be reached, by the word of a person.
CREATE TABLE addresses(
  address TEXT PRIMARY KEY     -- as SSB writes it: net:HOST:PORT~shs:KEY
) STRICT, WITHOUT ROWID;

-- From which host the messages came (NULL: they are ours, or came in a bundle).
ALTER TABLE arrivals ADD COLUMN via BLOB;
CREATE INDEX arrivals_by_feed ON arrivals(feed, last_sequence);
)sql";

// Version 3: what a feed takes of the disk, and how fast it grows.
constexpr const char* tables_3 = R"sql(
-- Of the bodies, as they are stored.
ALTER TABLE arrivals ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
)sql";
constexpr const char* fill_3 = R"sql(
UPDATE arrivals SET bytes = (SELECT coalesce(sum(length(body)), 0) FROM messages
  WHERE id BETWEEN (arrivals.feed << 40) + first_sequence AND (arrivals.feed << 40) + last_sequence);
)sql";

// Version 4: the invites that this host gave out.
constexpr const char* tables_4 = R"sql(
CREATE TABLE invites(
  guest BLOB PRIMARY KEY CHECK (length(guest) = 32),  -- public key of the seed's pair; the seed is nowhere
  uses INTEGER NOT NULL,
  used INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,    -- ms since 1970, our clock; so are the next two
  expires INTEGER,             -- NULL: never
  revoked INTEGER,             -- since when; NULL: it was not
  note TEXT NOT NULL           -- a person's own words
) STRICT, WITHOUT ROWID;

-- Which feeds are followed for which invite.
CREATE TABLE invited(
  guest BLOB NOT NULL CHECK (length(guest) = 32),
  feed BLOB NOT NULL CHECK (length(feed) = 32),
  time INTEGER NOT NULL,       -- ms since 1970, our clock
  PRIMARY KEY (guest, feed)
) STRICT, WITHOUT ROWID;
)sql";

// Version 5: boots whose clock was not set when they began; feeds that are forked. Bodies are sealed.
constexpr const char* tables_5 = R"sql(
-- When a boot of a host began, by the last of its messages whose clock was set.
CREATE TABLE boots(
  feed INTEGER NOT NULL,
  boot TEXT NOT NULL,          -- 8 hex digits
  began INTEGER NOT NULL,      -- ms since 1970
  PRIMARY KEY (feed, boot)
) STRICT, WITHOUT ROWID;

-- Messages with the clock of a boot that was not set yet, in which a line begins.
CREATE TABLE unset_clocks(
  id INTEGER PRIMARY KEY,
  boot TEXT NOT NULL,
  up INTEGER NOT NULL,         -- ms since the boot, of the first line
  time INTEGER NOT NULL,       -- of the first line, as signed
  last_time INTEGER NOT NULL   -- greatest time of its lines, as signed
) STRICT;

-- Feeds that are forked, and the proof.
CREATE TABLE forks(
  feed BLOB PRIMARY KEY CHECK (length(feed) = 32),
  sequence INTEGER NOT NULL,   -- two messages have it
  held_key BLOB NOT NULL,      -- of the one that was here first
  other_key BLOB NOT NULL,
  held BLOB NOT NULL,          -- both as signed messages
  other BLOB NOT NULL,
  found INTEGER NOT NULL       -- ms since 1970, our clock
) STRICT, WITHOUT ROWID;
)sql";

// Version 6: the runs of jobs.
constexpr const char* tables_6 = R"sql(
-- A run of a job, by its `job` records, or by the first line that a script piped into `publish --job`. The times are the
-- host's own clock, ms since 1970.
CREATE TABLE runs(
  feed INTEGER NOT NULL,
  name TEXT NOT NULL,          -- `run` of its records, `chunk.run` of its lines
  job TEXT NOT NULL,           -- of its first message; so are the next three
  source TEXT NOT NULL,
  destination TEXT NOT NULL,
  first_sequence INTEGER NOT NULL,
  seen INTEGER NOT NULL,       -- time of its first message
  began INTEGER,               -- NULL: no record says so
  ended INTEGER,               -- NULL: no record says so
  status INTEGER,              -- these are of the record of its end; NULL: not in it
  signal INTEGER,
  duration INTEGER,            -- ms
  lines INTEGER,
  errors INTEGER,
  reason TEXT,
  PRIMARY KEY (feed, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_by_job ON runs(feed, job, source, destination, first_sequence);
-- So that the last good one and the last bad one are found at once, however long ago that was.
CREATE INDEX runs_good ON runs(feed, job, source, destination, first_sequence)
  WHERE ended IS NOT NULL AND status = 0;
CREATE INDEX runs_bad ON runs(feed, job, source, destination, first_sequence)
  WHERE ended IS NOT NULL AND status IS NOT 0;
)sql";

// Version 7: rules of how jobs have to run, and alerts.
constexpr const char* tables_7 = R"sql(
-- `expect` messages that make a rule.
CREATE TABLE expectations(
  feed INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  key BLOB NOT NULL,           -- of the message
  rule BLOB NOT NULL,          -- id of the rule
  made INTEGER NOT NULL,       -- its timestamp, ms since 1970
  content TEXT NOT NULL,       -- what of it makes the rule, canonical
  PRIMARY KEY (feed, sequence)
) STRICT, WITHOUT ROWID;

-- Those that take such a message back.
CREATE TABLE removals(
  key BLOB NOT NULL,           -- of the message that made the rule
  feed INTEGER NOT NULL,       -- that says so
  PRIMARY KEY (key, feed)
) STRICT, WITHOUT ROWID;

-- `alert` messages, of each feed the first one of an id.
CREATE TABLE alerts(
  id BLOB NOT NULL,
  feed INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  made INTEGER NOT NULL,       -- its timestamp, ms since 1970
  kind TEXT NOT NULL,
  rule BLOB NOT NULL,
  host BLOB NOT NULL,          -- whose job
  job TEXT NOT NULL,
  source TEXT NOT NULL,
  destination TEXT NOT NULL,
  due INTEGER NOT NULL,        -- ms since 1970; so is the next
  after INTEGER NOT NULL,      -- a good run that began after this ends it
  reason TEXT NOT NULL,
  run TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (id, feed)
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_by_feed ON alerts(feed);
CREATE INDEX alerts_by_job ON alerts(host, job, rule, kind, due);

-- Which alerts this host told a person of.
CREATE TABLE told(
  id BLOB NOT NULL,
  way TEXT NOT NULL,           -- a command, or 'desktop'
  begun INTEGER NOT NULL,      -- ms since 1970, our clock; so is the next
  ended INTEGER,               -- NULL: it is under way, or broke off
  PRIMARY KEY (id, way)
) STRICT, WITHOUT ROWID;
)sql";

Result<int> pragma(Database& database, const char* sql) {
  Statement statement(database, sql);
  auto run = statement.run();
  auto row = run.step();
  if (!row) return row.error();
  return static_cast<int>(run.integer(0));
}

Result<void> make_tables(Database& database, bool held) {
  // Two may make the store at once: who comes second finds it made.
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  auto version = pragma(database, "PRAGMA user_version");
  if (!version) return version.error();
  if (*version != 0) return {};
  if (auto made = database.run(tables); !made) return made;
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
  Statement messages(database, "SELECT id, body FROM messages ORDER BY id");
  Statement insert(database, "INSERT OR REPLACE INTO contacts VALUES (?, ?, ?)");
  BodyReader reader;
  std::string text;
  auto run = messages.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return {};
    // What is damaged stays so; `verify` tells it.
    if (!reader.unpack_unsealed(run.blob(1), text)) continue;
    const auto contact = read_contact(member(text, "content"));
    if (!contact) continue;
    auto inserted =
        insert.exec(run.integer(0) >> 40, contact->contact.view(), static_cast<int>(contact->relation));
    if (!inserted) return inserted;
  }
}

Result<void> migrate(Database& database) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  // Another process may have been first.
  auto version = pragma(database, "PRAGMA user_version");
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

}  // namespace

Result<void> prepare_schema(Database& database, OpenMode mode) {
  auto version = pragma(database, "PRAGMA user_version");
  if (!version) return version.error();
  auto application = pragma(database, "PRAGMA application_id");
  if (!application) return application.error();
  auto tables_there = pragma(database, "SELECT count(*) FROM sqlite_schema");
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
  return *version < schema_version ? migrate(database) : Result<void>();
}

Result<void> set_durability(Database& database, Durability durability) {
  return database.run(durability == Durability::full ? "PRAGMA synchronous = FULL"
                                                     : "PRAGMA synchronous = NORMAL");
}

}  // namespace ssblog
