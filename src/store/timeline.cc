// SPDX-License-Identifier: MIT
#include "store/timeline.h"

#include "feed/boot_clock.h"

#include <algorithm>
#include <tuple>

namespace ssblog {

// "NOT INDEXED": without the hint SQLite would go through the index of all times.
Timeline::Timeline(Store& store)
    : store_(store),
      forwards_(store.database(),
                "SELECT first_time, id FROM messages WHERE first_time >= ? AND first_time <= ? ORDER BY "
                "first_time"),
      backwards_(
          store.database(),
          "SELECT first_time, id FROM messages WHERE first_time BETWEEN ? AND ? ORDER BY first_time DESC"),
      wide_(store.database(),
            "SELECT m.first_time, m.id FROM wide w JOIN messages m ON m.id = w.id "
            "WHERE w.last_time >= ? AND m.first_time < ?"),
      span_(store.database(),
            "SELECT first_time, id FROM messages NOT INDEXED WHERE id BETWEEN ? AND ? ORDER BY id"),
      grown_behind_(store.database(),
                    "SELECT max(next) FROM continued WHERE previous BETWEEN ? AND ? AND next > ?"),
      earliest_(store.database(),
                "SELECT min(first_time) FROM messages NOT INDEXED WHERE id BETWEEN ? AND ?"),
      mere_(store.database(),
            "SELECT m.id FROM continued c JOIN messages m ON m.id = c.next "
            "WHERE c.next BETWEEN ? AND ? AND c.previous <= ? AND m.first_time IS NULL"),
      grown_(store.database(),
             "SELECT DISTINCT first FROM continued WHERE next BETWEEN ? AND ? AND first < ?"),
      continuation_(store.database(), "SELECT next FROM continued WHERE previous = ?"),
      time_(store.database(), "SELECT first_time FROM messages WHERE id = ?"),
      name_(store.database(), "SELECT min(sequence) FROM names WHERE feed = ? AND sequence >= ?"),
      names_(store.database(), "SELECT DISTINCT name FROM names WHERE feed = ?"),
      message_(store.database(), "SELECT first_time, instance, shape, body FROM messages WHERE id = ?"),
      righted_(store.database(),
               "SELECT u.id, b.began, u.up, u.time, u.last_time FROM unset_clocks u "
               "JOIN boots b ON b.feed = u.id >> 40 AND b.boot = u.boot") {}

Result<std::vector<TimedRow>> Timeline::wide(Millis time, Millis before) {
  std::vector<TimedRow> rows;
  auto run = wide_.run(time, before);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return rows;
    rows.push_back({run.integer(0), {run.integer(1)}});
  }
}

Result<std::vector<TimedRow>> Timeline::span(RowId first, RowId last) {
  std::vector<TimedRow> rows;
  auto run = span_.run(first.value, last.value);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return rows;
    rows.push_back({run.integer(0), {run.integer(1)}});
  }
}

Result<std::optional<RowId>> Timeline::grown_behind(RowId first, RowId last) {
  auto run = grown_behind_.run(first.value, last.value, last.value);
  if (auto row = run.step(); !row) return row.error();
  const auto next = run.maybe_integer(0);
  return next ? std::optional(RowId{*next}) : std::nullopt;
}

Result<std::optional<Millis>> Timeline::earliest(RowId first, RowId last) {
  auto run = earliest_.run(first.value, last.value);
  if (auto row = run.step(); !row) return row.error();
  return run.maybe_integer(0);
}

namespace {

Result<std::vector<RowId>> rows_of(Statement::Run run) {
  std::vector<RowId> rows;
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return rows;
    rows.push_back({run.integer(0)});
  }
}

}  // namespace

Result<std::vector<RowId>> Timeline::mere_continuations(FeedNumber feed, Seq behind) {
  return rows_of(mere_.run(RowId::of(feed, behind + 1).value, RowId::of(feed, max_sequence).value,
                           RowId::of(feed, behind).value));
}

Result<std::vector<RowId>> Timeline::grown_before(RowId first, RowId last) {
  return rows_of(grown_.run(first.value, last.value, first.value));
}

Result<std::optional<RowId>> Timeline::continuation(RowId row) {
  auto run = continuation_.run(row.value);
  auto found = run.step();
  if (!found) return found.error();
  return *found ? std::optional(RowId{run.integer(0)}) : std::nullopt;
}

Result<Millis> Timeline::time_of(RowId row) {
  auto run = time_.run(row.value);
  if (auto found = run.step(); !found) return found.error();
  return run.integer(0);
}

Result<std::optional<Seq>> Timeline::next_name(FeedNumber feed, Seq sequence) {
  auto run = name_.run(feed, sequence);
  if (auto row = run.step(); !row) return row.error();
  const auto found = run.maybe_integer(0);
  return found ? std::optional(static_cast<Seq>(*found)) : std::nullopt;
}

Result<std::vector<std::string>> Timeline::names(FeedNumber feed) {
  std::vector<std::string> names;
  auto run = names_.run(feed);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return names;
    names.emplace_back(run.text(0));
  }
}

Result<std::vector<RightedRow>> Timeline::righted() {
  std::vector<RightedRow> rows;
  auto run = righted_.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row || rows.size() >= most_righted) break;
    // All are below 2^55, so that nothing here overflows.
    const std::int64_t began = run.integer(1), up = run.integer(2), time = run.integer(3);
    RightedRow found;
    found.row = {run.integer(0)};
    found.shift = began + up - time;
    found.first = righted_time(time, found.shift);
    found.last = righted_time(run.integer(4), found.shift);
    rows.push_back(found);
  }
  std::sort(rows.begin(), rows.end(), [](const RightedRow& a, const RightedRow& b) {
    return std::tie(a.first, a.row.value) < std::tie(b.first, b.row.value);
  });
  return rows;
}

Result<bool> Timeline::read(RowId row, std::string& text, Placement& placement) {
  auto run = message_.run(row.value);
  auto found = run.step();
  if (!found) return found.error();
  if (!*found) return false;
  if (auto read = store_.read_body(row, run, 0, text); !read) return read.error();
  placement = Placement{};
  placement.first = run.maybe_integer(0);
  if (!run.null(2)) parse_shape(run.text(2), placement);
  return true;
}

}  // namespace ssblog
