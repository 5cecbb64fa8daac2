// SPDX-License-Identifier: MIT
#include "store/alert_book.h"

#include <set>
#include <utility>

namespace ssblog {
namespace {

#define SSBLOG_TRUSTED                                                                                     \
  "WITH trusted(feed) AS (SELECT ?1 UNION SELECT f.feed FROM contacts c JOIN feeds f ON f.id = c.contact " \
  "WHERE c.feed = ?1 AND c.relation = 1) "

template <class Key>
Key key_in(const Statement::Run& run, int column) {
  return Key::from(run.blob(column)).value_or(Key{});
}

/// The columns of an alert, from its content on.
std::optional<AlertRecord> alert_in(const Statement::Run& run) {
  AlertRecord alert;
  const auto kind = kind_of(run.text(3));
  if (!kind) return std::nullopt;
  alert.kind = *kind;
  alert.rule = key_in<RuleId>(run, 4);
  alert.of = {key_in<FeedId>(run, 5), std::string(run.text(6)), std::string(run.text(7)),
              std::string(run.text(8))};
  alert.due = run.integer(9);
  alert.after = run.integer(10);
  alert.reason = reason_of(run.text(11));
  alert.run = run.text(12);
  alert.detail = run.text(13);
  return alert;
}

}  // namespace

// Of equal ids the earliest counts, and the lesser key where two are of one time: all hosts show the same one.
AlertBook::AlertBook(Store& store, const FeedId& own)
    : store_(store),
      own_(own),
      trusted_(store.database(), SSBLOG_TRUSTED
               "SELECT f.id FROM feeds f WHERE f.feed IN (SELECT feed FROM trusted) ORDER BY f.id"),
      rules_(store.database(), SSBLOG_TRUSTED
             "SELECT e.rule, e.content, f.id, e.key, e.made FROM expectations e JOIN feeds f ON f.feed = "
             "e.feed "
             "WHERE e.feed IN (SELECT feed FROM trusted) AND NOT EXISTS (SELECT 1 FROM removals r "
             "WHERE r.key = e.key AND r.feed IN (SELECT feed FROM trusted)) "
             "ORDER BY e.rule, e.made, f.id, e.sequence"),
      alerts_(store.database(), SSBLOG_TRUSTED
              "SELECT a.id, f.id, a.made, a.kind, a.rule, a.host, a.job, a.source, a.destination, a.due, "
              "a.after, a.reason, a.run, a.detail, "
              "a.kind = 'recovered' OR EXISTS (SELECT 1 FROM alerts r WHERE r.kind = 'recovered' AND "
              "r.rule = a.rule AND r.host = a.host AND r.job = a.job AND r.source = a.source AND "
              "r.destination = a.destination AND r.due > a.after AND r.feed IN (SELECT feed FROM trusted)) "
              "AS over FROM alerts a JOIN feeds f ON f.feed = a.feed "
              "WHERE a.feed IN (SELECT feed FROM trusted) AND (a.made >= ?2 OR NOT over) "
              "ORDER BY a.made, a.id, f.id"),
      knows_(store.database(), SSBLOG_TRUSTED
             "SELECT 1 FROM alerts WHERE id = ?2 AND feed IN (SELECT feed FROM trusted) LIMIT 1") {}
#undef SSBLOG_TRUSTED

Result<FeedNumber> AlertBook::own_number() {
  if (number_) return *number_;
  auto row = store_.feed(own_);
  if (!row) return row.error();
  // Before its first message a host follows nobody. It has no number yet: ask again next time.
  if (!*row) return FeedNumber{0};
  number_ = (*row)->number;
  return *number_;
}

Result<std::vector<FeedRow>> AlertBook::trusted() {
  auto number = own_number();
  if (!number) return number.error();
  std::vector<FeedRow> feeds;
  auto run = trusted_.run(*number);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return feeds;
    auto feed = store_.feed(key_in<FeedId>(run, 0));
    if (!feed) return feed.error();
    if (*feed) feeds.push_back(**feed);
  }
}

Result<std::vector<StandingRule>> AlertBook::rules() {
  auto number = own_number();
  if (!number) return number.error();
  std::vector<StandingRule> rules;
  // Counted here: who repeats one rule without end must not hide those behind it.
  auto run = rules_.run(*number);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return rules;
    const auto id = key_in<RuleId>(run, 0);
    if (rules.empty() || rules.back().id != id) {
      if (rules.size() == most_rules) return rules;
      auto said = read_expect(run.text(1));
      if (!said || !said->rule) continue;  // only damage makes that
      rules.push_back({id, std::move(*said->rule), {}});
    }
    if (rules.back().makers.size() == most_makers) continue;
    rules.back().makers.push_back({key_in<FeedId>(run, 2), key_in<MessageKey>(run, 3), run.integer(4)});
  }
}

Result<std::vector<KnownAlert>> AlertBook::alerts(Millis since) {
  auto number = own_number();
  if (!number) return number.error();
  std::vector<KnownAlert> alerts;
  std::set<AlertId> seen;
  auto run = alerts_.run(*number, since);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return alerts;
    const auto id = key_in<AlertId>(run, 0);
    auto alert = alert_in(run);
    if (!alert || !seen.insert(id).second) continue;
    alerts.push_back({id, std::move(*alert), key_in<FeedId>(run, 1), run.integer(2), run.integer(14) != 0});
  }
}

Result<std::vector<KnownAlert>> AlertBook::alerts_of_rules(Millis since) {
  auto alerts = this->alerts(since);
  if (!alerts) return alerts;
  auto rules = this->rules();
  if (!rules) return rules.error();
  std::set<RuleId> standing;
  for (const StandingRule& rule : *rules) standing.insert(rule.id);
  for (KnownAlert& known : *alerts) known.over = known.over || !standing.contains(known.alert.rule);
  std::erase_if(*alerts, [&](const KnownAlert& known) { return known.over && known.made < since; });
  return alerts;
}

Result<bool> AlertBook::knows(const AlertId& id) {
  auto number = own_number();
  if (!number) return number.error();
  auto run = knows_.run(*number, id.view());
  return run.step();
}

Result<bool> begin_telling(Store& store, const AlertId& id, std::string_view way, Millis now,
                           std::chrono::milliseconds patience) {
  {
    // Mostly it was, and nobody has to wait for the turn to write.
    Statement told(store.database(), "SELECT 1 FROM told WHERE id = ? AND way = ? AND ended IS NOT NULL");
    auto run = told.run(id.view(), way);
    auto row = run.step();
    if (!row) return row.error();
    if (*row) return false;
  }
  auto transaction = Transaction::begin(store.database());
  if (!transaction) return transaction.error();
  // A beginning that lies ahead is of one who looked at the clock after us, and wrote first; far ahead, of a clock that was
  // set back since.
  Statement begin(store.database(),
                  "INSERT INTO told VALUES (?1, ?2, ?3, NULL) ON CONFLICT(id, way) DO UPDATE SET begun = ?3 "
                  "WHERE ended IS NULL AND begun NOT BETWEEN ?3 - ?4 AND ?3 + ?4");
  if (auto done = begin.exec(id.view(), way, now, patience.count()); !done) return done.error();
  const bool ours = store.database().changes() > 0;
  if (auto committed = transaction->commit(); !committed) return committed.error();
  return ours;
}

Result<void> note_told(Store& store, const AlertId& id, std::string_view way, Millis now) {
  auto transaction = Transaction::begin(store.database());
  if (!transaction) return transaction.error();
  Statement end(store.database(), "UPDATE told SET ended = ? WHERE id = ? AND way = ?");
  if (auto done = end.exec(now, id.view(), way); !done) return done;
  return transaction->commit();
}

}  // namespace ssblog
