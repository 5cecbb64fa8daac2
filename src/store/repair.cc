// SPDX-License-Identifier: MIT
#include "store/repair.h"

#include "store/batch.h"
#include "store/good_part.h"
#include "store/hold.h"
#include "store/private_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>

namespace ssblog {
namespace {

/// Tables that do not follow from the messages, with the number of their columns.
struct Table {
  const char* name;
  const char* read;
  const char* write;
  int columns;
};
constexpr Table tables[] = {
    {"meta", "SELECT * FROM meta", "INSERT OR REPLACE INTO meta VALUES (?, ?)", 2},
    {"positions", "SELECT * FROM positions", "INSERT OR REPLACE INTO positions VALUES (?, ?)", 2},
    {"witnesses", "SELECT * FROM witnesses", "INSERT OR REPLACE INTO witnesses VALUES (?, ?, ?, ?)", 4},
    {"clocks", "SELECT * FROM clocks", "INSERT OR REPLACE INTO clocks VALUES (?, ?, ?)", 3},
    {"addresses", "SELECT * FROM addresses", "INSERT OR REPLACE INTO addresses VALUES (?)", 1},
    {"invites", "SELECT * FROM invites", "INSERT OR REPLACE INTO invites VALUES (?, ?, ?, ?, ?, ?, ?)", 7},
    {"invited", "SELECT * FROM invited", "INSERT OR REPLACE INTO invited VALUES (?, ?, ?)", 3},
};

Error sqlite_error(sqlite3* handle, std::string_view path) {
  return {Code::io, fmt::format("cannot repair the store {}: {}", path, sqlite3_errmsg(handle))};
}

/// SQLite's backup of the new file over the damaged one: page by page, in one transaction, without a look at what they
/// hold. Once its first step is done nobody else can write.
class Replacement {
 public:
  static Result<Replacement> begin(Store& damaged, Store& fresh) {
    Replacement replacement(damaged, fresh);
    replacement.backup_.reset(
        sqlite3_backup_init(damaged.database().handle(), "main", fresh.database().handle(), "main"));
    if (!replacement.backup_) return sqlite_error(damaged.database().handle(), damaged.path());
    constexpr int polls = 3000;
    int stepped = SQLITE_BUSY;
    for (int poll = 0; poll < polls && (stepped == SQLITE_BUSY || stepped == SQLITE_LOCKED); ++poll) {
      if (poll > 0) sqlite3_sleep(10);
      stepped = sqlite3_backup_step(replacement.backup_.get(), 1);
    }
    if (stepped == SQLITE_BUSY || stepped == SQLITE_LOCKED)
      return Error{Code::busy, fmt::format("the store {} is in use by another program", damaged.path())};
    if (stepped != SQLITE_OK && stepped != SQLITE_DONE)
      return sqlite_error(damaged.database().handle(), damaged.path());
    return replacement;
  }

  Result<void> commit() {
    const int stepped = sqlite3_backup_step(backup_.get(), -1);
    const int finished = sqlite3_backup_finish(backup_.release());
    if (stepped == SQLITE_DONE && finished == SQLITE_OK) return {};
    return Error{Code::io, fmt::format("cannot put the repaired store in place of {}: {}", damaged_->path(),
                                       sqlite3_errstr(stepped == SQLITE_DONE ? finished : stepped))};
  }

 private:
  struct Finish {
    void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
  };
  Replacement(Store& damaged, Store&) : damaged_(&damaged) {}
  Store* damaged_;
  std::unique_ptr<sqlite3_backup, Finish> backup_;
};

class Repair {
 public:
  Repair(Store& damaged, Store& fresh, const RepairWishes& wishes, Millis now)
      : damaged_(damaged), fresh_(fresh), wishes_(wishes), now_(now) {}

  Result<RepairReport> run() {
    auto rows = damaged_.feeds();
    if (!rows && rows.error().code != Code::data) return rows.error();
    if (!rows)
      return Error{Code::data, fmt::format("{}; its list of feeds cannot be read, so it cannot be repaired",
                                           rows.error().text)};
    for (const Table& table : tables) {
      if (auto copied = copy_table(table); !copied) return copied.error();
    }
    if (auto copied = copy_spool(); !copied) return copied.error();
    // Whole feeds keep their numbers; what is cut gets another, so that everybody who remembers it finds that out.
    std::vector<FeedRow> bad;
    for (const FeedRow& row : *rows) {
      auto whole = copy_feed(row, row.number, false);
      if (!whole) return whole.error();
      if (!*whole) bad.push_back(row);
    }
    if (auto kept = keep_arrivals(bad); !kept) return kept.error();
    auto number = last_number("feeds");
    if (!number) return number.error();
    for (const FeedRow& row : *rows) *number = std::max(*number, row.number);
    for (const FeedRow& row : bad) {
      auto copied = copy_feed(row, ++*number, true);
      if (!copied) return copied.error();
    }
    if (auto ended = settle(); !ended) return ended.error();
    return std::move(report_);
  }

 private:
  /// True when reading may go on. What is damaged is told.
  Result<bool> step(Statement::Run& run, std::string_view what) {
    auto row = run.step();
    if (row || row.error().code != Code::data) return row;
    report_.losses.push_back(fmt::format("a part of {} could not be read", what));
    return false;
  }

  Result<void> copy_table(const Table& table) {
    auto batch = Batch::begin(fresh_, Durability::normal);
    if (!batch) return batch.error();
    Statement read(damaged_.database(), table.read);
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(fresh_.database().handle(), table.write, -1, &raw, nullptr) != SQLITE_OK)
      return sqlite_error(fresh_.database().handle(), fresh_.path());
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> write(raw, sqlite3_finalize);
    auto run = read.run();
    for (;;) {
      auto more = step(run, fmt::format("the table {}", table.name));
      if (!more) return more.error();
      if (!*more) break;
      for (int column = 0; column < table.columns; ++column)
        if (run.copy_to(write.get(), column) != SQLITE_OK)
          return sqlite_error(fresh_.database().handle(), fresh_.path());
      // A row that breaks a rule of its table is damaged.
      if (sqlite3_step(write.get()) != SQLITE_DONE)
        report_.losses.push_back(fmt::format("a row of the table {} was damaged", table.name));
      sqlite3_reset(write.get());
    }
    return batch->commit(now_);
  }

  Result<void> copy_spool() {
    auto batch = Batch::begin(fresh_, Durability::normal);
    if (!batch) return batch.error();
    Statement read(damaged_.database(), "SELECT timestamp, content FROM spool ORDER BY id");
    Statement write(fresh_.database(), "INSERT INTO spool(timestamp, content) VALUES (?, ?)");
    auto run = read.run();
    for (;;) {
      auto more = step(run, "the lines that wait to be signed");
      if (!more) return more.error();
      if (!*more) break;
      if (!is_whole(run.blob(1), mark_of(run.real(0)))) {
        report_.losses.push_back("lines that waited to be signed were damaged, and are lost");
        continue;
      }
      if (auto written = write.exec(run.real(0), run.blob(1)); !written) return written;
    }
    return batch->commit(now_);
  }

  /// The last number that the damaged store gave to a row of the table; none is given twice.
  Result<std::int64_t> last_number(std::string_view table) {
    Statement read(damaged_.database(), "SELECT seq FROM sqlite_sequence WHERE name = ?");
    auto run = read.run(table);
    auto more = step(run, "the table sqlite_sequence");
    if (!more) return more.error();
    return *more ? run.integer(0) : 0;
  }

  /// False: it is damaged. Then nothing of it is kept, unless it is to be cut.
  Result<bool> copy_feed(const FeedRow& row, FeedNumber number, bool cut) {
    auto batch = Batch::begin(fresh_, Durability::normal);
    if (!batch) return batch.error();
    Statement add(fresh_.database(), "INSERT INTO feeds(feed, id, sequence) VALUES (?, ?, 0)");
    if (auto added = add.exec(number, row.id.view()); !added) return added.error();
    GoodPart part(damaged_, row, wishes_.hmac ? &*wishes_.hmac : nullptr);
    for (;;) {
      auto message = part.next();
      if (!message) return message.error();
      if (!*message) break;
      if (auto appended = batch->append(**message); !appended) return appended.error();
    }
    if (part.is_whole() || cut) {
      if (auto done = batch->commit(now_); !done) return done.error();
      if (!part.is_whole()) report_.cut.push_back({row.id, part.last(), row.tip ? row.tip->sequence : 0});
      return part.is_whole();
    }
    if (row.id == wishes_.own && !wishes_.cut_own) {
      return Error{
          Code::data,
          fmt::format("this host's own feed is damaged behind message {} of {}: nothing was changed. Bring a "
                      "backup of the home back, or cut the feed there with --own: publishing is held then "
                      "until other hosts have sent the rest",
                      part.last(), row.tip ? row.tip->sequence : 0)};
    }
    return false;
  }

  /// The order of receipt of the feeds that are whole is as it was.
  Result<void> keep_arrivals(const std::vector<FeedRow>& bad) {
    std::set<FeedNumber> skipped;
    for (const FeedRow& row : bad) skipped.insert(row.number);
    auto batch = Batch::begin(fresh_, Durability::normal);
    if (!batch) return batch.error();
    Statement read(
        damaged_.database(),
        "SELECT id, feed, first_sequence, last_sequence, received, via, bytes FROM arrivals ORDER BY id");
    Statement write(fresh_.database(), "INSERT INTO arrivals VALUES (?, ?, ?, ?, ?, ?, ?)");
    Statement aside(fresh_.database(), "UPDATE arrivals SET id = -id");
    if (auto put = aside.exec(); !put) return put;
    auto last = last_number("arrivals");
    if (!last) return last.error();
    auto run = read.run();
    bool whole = true;
    for (;;) {
      auto more = run.step();
      if (!more && more.error().code != Code::data) return more.error();
      whole = static_cast<bool>(more);
      if (!whole || !*more) break;
      *last = std::max(*last, run.integer(0));
      if (skipped.contains(run.integer(1))) continue;
      const std::optional<ByteView> via = run.null(5) ? std::nullopt : std::optional(run.blob(5));
      whole = static_cast<bool>(write.exec(run.integer(0), run.integer(1), run.integer(2), run.integer(3),
                                           run.integer(4), via, run.integer(6)));
      if (!whole) break;
    }
    // In part it is worth nothing: readers go by it.
    if (!whole) report_.losses.push_back("the order of receipt was damaged, and is made anew");
    Statement clear(fresh_.database(),
                    whole ? "DELETE FROM arrivals WHERE id < 0" : "DELETE FROM arrivals WHERE id >= 0");
    if (auto cleared = clear.exec(); !cleared) return cleared;
    Statement turn(fresh_.database(), "UPDATE arrivals SET id = ?1 - id WHERE id < 0");
    if (auto turned = turn.exec(*last); !turned) return turned;
    Statement go_on(
        fresh_.database(),
        "UPDATE sqlite_sequence SET seq = max(seq, ?, (SELECT coalesce(max(id), 0) FROM arrivals)) "
        "WHERE name = 'arrivals'");
    if (auto went = go_on.exec(*last); !went) return went;
    return batch->commit(now_);
  }

  /// What is whole again holds nothing up.
  Result<void> settle() {
    auto batch = Batch::begin(fresh_, Durability::normal);
    if (!batch) return batch.error();
    auto hold = fresh_.meta("hold");
    if (!hold) return hold.error();
    if (as_text(*hold) == word_of(Hold::feed_damaged)) {
      if (auto dropped = batch->drop_meta("hold"); !dropped) return dropped;
    }
    return batch->commit(now_);
  }

  Store& damaged_;
  Store& fresh_;
  const RepairWishes& wishes_;
  const Millis now_;
  RepairReport report_;
};

/// The file as it is, by SQLite: to open and close it otherwise would drop the locks of this process.
Result<void> copy_pages(Store& from, const std::string& path) {
  auto created = create_private(path);
  if (!created) return created.error();
  // Whatever has the name, SQLite would write to it, and it would keep its mode.
  if (!*created)
    return Error{Code::cannot_create,
                 fmt::format("cannot keep a copy of the damaged store: {} exists already", path)};
  auto to = Database::open(path, OpenMode::read_write, Store::patience);
  if (!to) return to.error();
  sqlite3_backup* backup = sqlite3_backup_init(to->handle(), "main", from.database().handle(), "main");
  if (backup == nullptr) return sqlite_error(to->handle(), path);
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return {};
  return Error{Code::io, fmt::format("cannot keep a copy of the damaged store at {}: {}", path,
                                     sqlite3_errstr(stepped == SQLITE_DONE ? finished : stepped))};
}

void remove_store(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) std::remove((path + suffix).c_str());
}

}  // namespace

Result<RepairReport> repair_store(const std::string& path, const RepairWishes& wishes, Millis now) {
  auto target = Store::open(path, OpenMode::read_write);
  if (!target) return target.error();
  const std::string fresh_path = path + ".repair";
  remove_store(fresh_path);
  Result<RepairReport> report = Error{Code::io, ""};
  {
    auto fresh = Store::open(fresh_path, OpenMode::create);
    if (!fresh) return fresh.error();
    auto replacement = Replacement::begin(*target, *fresh);
    if (!replacement) {
      report = replacement.error();
    } else if (auto damaged = Store::open(path, OpenMode::read_only); !damaged) {
      report = damaged.error();
    } else {
      // What was committed before the replacement began, and no more can come.
      report = Repair(*damaged, *fresh, wishes, now).run();
      if (report) {
        const std::string copy = fmt::format("{}.damaged-{}", path, now);
        if (auto copied = copy_pages(*damaged, copy); !copied)
          report = copied.error();
        else if (auto done = replacement->commit(); !done)
          report = done.error();
        else
          report->copy = copy;
      }
    }
  }
  remove_store(fresh_path);
  return report;
}

}  // namespace ssblog
