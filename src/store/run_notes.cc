// SPDX-License-Identifier: MIT
#include "store/run_notes.h"

#include "feed/job_record.h"
#include "feed/json.h"
#include "store/stored_texts.h"

namespace ssblog {
namespace {

/// What `publish` and `run` pipe. Files, journals and the like have streams without end: no runs of a job.
bool is_piped(std::string_view stream) { return stream == "stdout" || stream == "stderr"; }

}  // namespace

// What a later record says replaces what an earlier one said: as the author has it. The words of the first message stay,
// since they say whose run it is.
RunNotes::RunNotes(Database& database)
    : seen_(database,
            "INSERT OR IGNORE INTO runs(feed, name, job, source, destination, first_sequence, seen) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)"),
      began_(database, "UPDATE runs SET began = ? WHERE feed = ? AND name = ?"),
      ended_(database,
             "UPDATE runs SET ended = ?, status = ?, signal = ?, duration = ?, lines = ?, errors = ?, reason "
             "= ? "
             "WHERE feed = ? AND name = ?") {}

Result<void> RunNotes::take(RowId row, const Record& record, std::string_view content, bool is_first) {
  const bool is_piped_run = record.kind == RecordKind::log && is_first && record.chunk &&
                            !record.job.empty() && is_piped(record.stream);
  const auto told =
      record.kind == RecordKind::job && !record.run.empty() ? read_job_record(content) : std::nullopt;
  if (!is_piped_run && !told) return {};
  const std::string& name = told ? record.run : record.chunk->run;
  auto seen = seen_.exec(row.feed(), name, record.job, record.source, record.destination, row.sequence(),
                         record.time);
  if (!seen || !told) return seen;
  if (!told->ended) return began_.exec(record.time, row.feed(), name);
  const auto reason = told->reason.empty() ? std::nullopt : std::optional<std::string_view>(told->reason);
  return ended_.exec(record.time, told->status, told->signal, told->duration, told->lines, told->errors,
                     reason, row.feed(), name);
}

Result<void> RunNotes::fill(Database& database) {
  RunNotes notes(database);
  Record record;
  // Of a stream instance the first message alone, and all records.
  return for_each_sealed(
      database,
      "SELECT m.id, m.first_time, m.instance, m.shape, m.body, f.id, i.id IS NOT NULL FROM messages m "
      "JOIN feeds f ON f.feed = m.id >> 40 "
      "LEFT JOIN (SELECT (feed << 40) + first_sequence AS id FROM instances WHERE kind = 0) i "
      "ON i.id = m.id WHERE m.instance IS NULL OR i.id IS NOT NULL ORDER BY m.id",
      [&](RowId row, std::string_view text, const Statement::Run& columns) {
        const std::string_view content = member(text, "content");
        read_record(content, number_of(member(text, "timestamp")).value_or(0), record);
        return notes.take(row, record, content, columns.integer(6) != 0);
      });
}

}  // namespace ssblog
