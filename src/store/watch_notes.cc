// SPDX-License-Identifier: MIT
#include "store/watch_notes.h"

#include "feed/alert_record.h"
#include "feed/json.h"
#include "store/body.h"

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
  Statement messages(database,
                     "SELECT m.id, m.first_time, m.instance, m.shape, m.body, f.id FROM messages m "
                     "JOIN feeds f ON f.feed = m.id >> 40 WHERE m.instance IS NULL ORDER BY m.id");
  BodyReader reader;
  std::string text;
  auto run = messages.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return {};
    const FeedId feed = FeedId::from(run.blob(5)).value_or(FeedId{});
    const RowId id{run.integer(0)};
    const auto mark =
        mark_of(BesideBody{&feed, id.sequence(), run.maybe_integer(1), run.maybe_integer(2), run.text(3)});
    // What is damaged stays so; `verify` tells it.
    if (!reader.unpack(run.blob(4), mark, text)) continue;
    const std::string_view content = member(text, "content");
    const std::string_view type = member(content, "type");
    if (type != R"("expect")" && type != R"("alert")") continue;
    const auto place = place_in_feed(text);
    if (!place) continue;
    auto noted = notes.take(id, place->key, number_of(member(text, "timestamp")).value_or(0), content);
    if (!noted) return noted;
  }
}

}  // namespace ssblog
