// SPDX-License-Identifier: MIT
// store/schema_tables.h - the tables of a store, version by version. What is here is in stores already: it changes no more,
// a new version adds.
//
// Used by schema.cc, which makes a new store, and by migrate.cc, which brings an older one up to date.
#pragma once

namespace ssblog {

inline constexpr int schema_version = 7;
inline constexpr int application_id = 0x5353424c;  // "SSBL"

// Both pragmas work only before the first table.
inline constexpr const char* file_layout = R"sql(
PRAGMA page_size = 16384;
PRAGMA auto_vacuum = INCREMENTAL;
)sql";

inline constexpr const char* tables_1 = R"sql(
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
inline constexpr const char* tables_2 = R"sql(
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
inline constexpr const char* tables_3 = R"sql(
-- Of the bodies, as they are stored.
ALTER TABLE arrivals ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
)sql";
inline constexpr const char* fill_3 = R"sql(
UPDATE arrivals SET bytes = (SELECT coalesce(sum(length(body)), 0) FROM messages
  WHERE id BETWEEN (arrivals.feed << 40) + first_sequence AND (arrivals.feed << 40) + last_sequence);
)sql";

// Version 4: the invites that this host gave out.
inline constexpr const char* tables_4 = R"sql(
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
inline constexpr const char* tables_5 = R"sql(
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
inline constexpr const char* tables_6 = R"sql(
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
inline constexpr const char* tables_7 = R"sql(
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

}  // namespace ssblog
