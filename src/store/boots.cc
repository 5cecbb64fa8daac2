// SPDX-License-Identifier: MIT
#include "store/boots.h"

#include "feed/boot_clock.h"
#include "feed/json.h"
#include "store/stored_texts.h"

#include <algorithm>

namespace ssblog {
namespace {

/// The greatest time of its lines.
Millis last_time(const Record& record) {
  Millis time = record.time, last = record.time;
  for (const std::int64_t step : record.steps) {
    time = std::clamp<Millis>(time + step, 0, max_time);
    last = std::max(last, time);
  }
  return last;
}

}  // namespace

BootNotes::BootNotes(Database& database)
    : boot_(database, "INSERT OR REPLACE INTO boots VALUES (?, ?, ?)"),
      unset_(database, "INSERT OR REPLACE INTO unset_clocks VALUES (?, ?, ?, ?, ?)") {}

Result<void> BootNotes::take(RowId row, const Record& record) {
  if (!record.up) return {};
  if (record.time >= first_likely_time) return boot_.exec(row.feed(), record.boot, record.time - *record.up);
  return unset_.exec(row.value, record.boot, *record.up, record.time, last_time(record));
}

Result<void> BootNotes::fill(Database& database) {
  BootNotes notes(database);
  Record record;
  return for_each_unsealed(database, "SELECT id, body FROM messages WHERE first_time IS NOT NULL ORDER BY id",
                           [&](RowId row, std::string_view text) {
                             read_record(member(text, "content"),
                                         number_of(member(text, "timestamp")).value_or(0), record);
                             return notes.take(row, record);
                           });
}

}  // namespace ssblog
