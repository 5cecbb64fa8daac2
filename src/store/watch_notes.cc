// SPDX-License-Identifier: MIT
#include "store/watch_notes.h"

#include "feed/alert_record.h"
#include "feed/json.h"
#include "store/stored_texts.h"

namespace ssblog {

WatchNotes::WatchNotes(Database& database)
    : rule_(database, "INSERT INTO expectations VALUES (?, ?, ?, ?, ?, ?)"),
      removal_(database, "INSERT OR IGNORE INTO removals VALUES (?, ?)"),
      // The first of a feed counts.
      alert_(database,
             "INSERT OR IGNORE INTO alerts(id, feed, sequence, made, kind, rule, host, job, source, "
             "destination, due, after, reason, run, detail) "
             "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") {}

Result<void> WatchNotes::take(RowId row, const MessageKey& key, double timestamp, std::string_view content) {
  if (const auto said = read_expect(content)) {
    if (said->removes) return removal_.exec(said->removes->view(), row.feed());
    const std::string rule = expectation_content(*said->rule);
    return rule_.exec(row.feed(), row.sequence(), key.view(), id_of(*said->rule).view(),
                      clamp_time(timestamp), std::string_view(rule));
  }
  const auto alert = read_alert(content);
  if (!alert) return {};
  return alert_.exec(id_of(*alert).view(), row.feed(), row.sequence(), clamp_time(timestamp),
                     word_of(alert->kind), alert->rule.view(), alert->of.host.view(),
                     std::string_view(alert->of.job), std::string_view(alert->of.source),
                     std::string_view(alert->of.destination), alert->due, alert->after,
                     word_of(alert->reason), std::string_view(alert->run), std::string_view(alert->detail));
}

Result<void> WatchNotes::fill(Database& database) {
  WatchNotes notes(database);
  return for_each_sealed(database,
                         "SELECT m.id, m.first_time, m.instance, m.shape, m.body, f.id FROM messages m "
                         "JOIN feeds f ON f.feed = m.id >> 40 WHERE m.instance IS NULL ORDER BY m.id",
                         [&](RowId row, std::string_view text, const Statement::Run&) -> Result<void> {
                           const std::string_view content = member(text, "content");
                           const std::string_view type = member(content, "type");
                           if (type != R"("expect")" && type != R"("alert")") return {};
                           const auto place = place_in_feed(text);
                           if (!place) return {};
                           return notes.take(row, place->key,
                                             number_of(member(text, "timestamp")).value_or(0), content);
                         });
}

}  // namespace ssblog
