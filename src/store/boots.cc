// SPDX-License-Identifier: MIT
#include "store/boots.h"

#include "feed/boot_clock.h"
#include "feed/json.h"
#include "store/body.h"

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
  Statement messages(database, "SELECT id, body FROM messages WHERE first_time IS NOT NULL ORDER BY id");
  BodyReader reader;
  std::string text;
  Record record;
  auto run = messages.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return {};
    // What is damaged stays so; `verify` tells it.
    if (!reader.unpack_unsealed(run.blob(1), text)) continue;
    read_record(member(text, "content"), number_of(member(text, "timestamp")).value_or(0), record);
    if (auto noted = notes.take({run.integer(0)}, record); !noted) return noted;
  }
}

}  // namespace ssblog
