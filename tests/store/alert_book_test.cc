// SPDX-License-Identifier: MIT
#include "store/alert_book.h"

#include "feed/contact.h"
#include "store/feed_writer.h"
#include "store/mend.h"
#include "store/peer_book.h"
#include "store/verify_store.h"

#include <algorithm>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

constexpr Millis noon = 1'795'262'400'000;

/// The host whose store it is, one that it follows, and a stranger.
struct Three {
  FeedWriter own{keys_of(1), {}, {}}, friendly{keys_of(2), {}, {}}, stranger{keys_of(3), {}, {}};
  Three() { own.say(follow_content(friendly.keys.id(), true), noon - 1000); }

  Store store() const {
    Store store = empty_store();
    for (const FeedWriter* feed : {&stranger, &own, &friendly}) {
      if (!feed->texts.empty()) feed->import_to(store);
    }
    return store;
  }
  std::vector<StandingRule> rules() const {
    Store all = store();
    auto rules = AlertBook(all, own.keys.id()).rules();
    REQUIRE(rules);
    return *rules;
  }
};

Expectation rule_of(std::string job) {
  Expectation rule;
  rule.job = std::move(job);
  return rule;
}

AlertRecord alert_of(AlertKind kind, Millis due, Millis after) {
  AlertRecord alert;
  alert.kind = kind;
  alert.of = {keys_of(2).id(), "nightly", "nas", ""};
  alert.due = due;
  alert.after = after;
  return alert;
}

std::uint64_t findings_in(Store& store) {
  std::uint64_t count = 0;
  VerifyTalk talk;
  talk.feed_done = [&](const FeedVerdict& verdict) { count += verdict.findings.count; };
  talk.progress = [](std::uint64_t) {};
  const auto file = verify_store(store, {}, std::nullopt, talk);
  REQUIRE(file);
  return count + file->count;
}

}  // namespace

TEST_CASE("equal rules of two hosts are one, made when the first was") {
  Three hosts;
  Expectation rule = rule_of("nightly");
  rule.every = 86'400'000;
  hosts.own.say(expectation_content(rule), noon);
  hosts.friendly.say(expectation_content(rule), noon - 5);
  hosts.friendly.say(expectation_content(rule_of("other")), noon);
  const auto rules = hosts.rules();
  REQUIRE(rules.size() == 2);
  const auto& both = rules[0].rule.job == "nightly" ? rules[0] : rules[1];
  CHECK(both.rule == rule);
  CHECK(both.id == id_of(rule));
  REQUIRE(both.makers.size() == 2);
  CHECK(both.makers.front().feed == hosts.friendly.keys.id());
  CHECK(both.made() == noon - 5);
}

TEST_CASE("who makes one rule very often hides no other rule") {
  Three hosts;
  hosts.friendly.say(expectation_content(rule_of("nightly")), noon);
  hosts.own.say(expectation_content(rule_of("other")), noon);
  Store store = hosts.store();
  // By hand, since to sign so many takes long.
  REQUIRE(store.database().run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
      "INSERT INTO expectations SELECT feed, 1000 + i, key, rule, made, content FROM expectations, n"));
  const auto rules = AlertBook(store, hosts.own.keys.id()).rules();
  REQUIRE(rules);
  REQUIRE(rules->size() == 2);
  for (const StandingRule& rule : *rules) CHECK(rule.makers.size() == AlertBook::most_makers);
}

TEST_CASE("people are told of open alerts however old they are, and of none whose rule was taken back") {
  Three hosts;
  const MessageKey made = hosts.own.say(expectation_content(rule_of("nightly")), noon);
  AlertRecord alert = alert_of(AlertKind::late, noon, noon - 50);
  alert.rule = id_of(rule_of("nightly"));
  hosts.friendly.say(alert_content(alert), noon + 10);
  const auto told = [&](Millis since) {
    Store store = hosts.store();
    auto alerts = AlertBook(store, hosts.own.keys.id()).alerts_of_rules(since);
    REQUIRE(alerts);
    return alerts->size();
  };
  CHECK(told(noon + 1000) == 1);
  hosts.own.say(removal_content(made), noon + 20);
  CHECK(told(noon + 1000) == 0);
  CHECK(told(noon) == 1);
}

TEST_CASE("a rule stands until each message that made it is taken back, in whatever order that comes") {
  Three hosts;
  const Expectation rule = rule_of("nightly");
  const MessageKey mine = hosts.own.say(expectation_content(rule), noon);
  const MessageKey theirs = hosts.friendly.say(expectation_content(rule), noon + 1);
  hosts.friendly.say(removal_content(mine), noon + 2);
  REQUIRE(hosts.rules().size() == 1);
  CHECK(hosts.rules().front().made() == noon + 1);
  hosts.own.say(removal_content(theirs), noon + 3);
  CHECK(hosts.rules().empty());
  // Made anew it is another message.
  hosts.own.say(expectation_content(rule), noon + 4);
  CHECK(hosts.rules().front().made() == noon + 4);
}

TEST_CASE("a host that we do not follow makes no rule, takes none back, and silences no alert") {
  Three hosts;
  const MessageKey made = hosts.own.say(expectation_content(rule_of("nightly")), noon);
  hosts.stranger.say(removal_content(made), noon);
  hosts.stranger.say(expectation_content(rule_of("other")), noon);
  const AlertRecord alert = alert_of(AlertKind::late, noon, noon - 50);
  hosts.stranger.say(alert_content(alert), noon);
  REQUIRE(hosts.rules().size() == 1);
  Store store = hosts.store();
  AlertBook book(store, hosts.own.keys.id());
  CHECK(book.alerts(0)->empty());
  CHECK_FALSE(*book.knows(id_of(alert)));
  const auto trusted = book.trusted();
  REQUIRE(trusted);
  CHECK(trusted->size() == (hosts.friendly.texts.empty() ? 1 : 2));
}

TEST_CASE("an alert is over when a good run that began after it was told") {
  Three hosts;
  hosts.friendly.say(alert_content(alert_of(AlertKind::late, noon, noon - 50)), noon + 10);
  hosts.own.say(alert_content(alert_of(AlertKind::late, noon, noon - 50)), noon + 9);
  hosts.own.say(alert_content(alert_of(AlertKind::failed, noon + 100, noon + 99)), noon + 101);
  hosts.own.say(alert_content(alert_of(AlertKind::recovered, noon + 50, noon + 50)), noon + 60);
  Store store = hosts.store();
  AlertBook book(store, hosts.own.keys.id());
  auto alerts = book.alerts(0);
  REQUIRE(alerts);
  REQUIRE(alerts->size() == 3);
  CHECK(alerts->at(0).alert.kind == AlertKind::late);
  CHECK(alerts->at(0).author == hosts.own.keys.id());
  CHECK(alerts->at(0).made == noon + 9);
  CHECK(alerts->at(0).over);
  CHECK(alerts->at(2).alert.kind == AlertKind::failed);
  CHECK_FALSE(alerts->at(2).over);
  CHECK(*book.knows(alerts->at(2).id));
  // Those that are open, however old; of the others only the fresh ones.
  alerts = book.alerts(noon + 1'000);
  REQUIRE(alerts);
  REQUIRE(alerts->size() == 1);
  CHECK(alerts->front().alert.kind == AlertKind::failed);
}

TEST_CASE("rules and alerts follow from the messages, and go with their feed") {
  Three hosts;
  const MessageKey made = hosts.friendly.say(expectation_content(rule_of("nightly")), noon);
  hosts.own.say(removal_content(made), noon);
  hosts.friendly.say(alert_content(alert_of(AlertKind::late, noon, noon - 50)), noon + 10);
  Store store = hosts.store();
  CHECK(findings_in(store) == 0);
  REQUIRE(store.database().run("UPDATE alerts SET reason = 'x'"));
  CHECK(findings_in(store) == 1);
  auto batch = Batch::begin(store, Durability::normal);
  REQUIRE(batch);
  REQUIRE(forget_feed(*batch, **store.feed(hosts.friendly.keys.id())));
  REQUIRE(batch->commit(noon));
  for (const char* sql : {"SELECT count(*) FROM alerts", "SELECT count(*) FROM expectations"}) {
    Statement count(store.database(), sql);
    auto run = count.run();
    REQUIRE(*run.step());
    CHECK(run.integer(0) == 0);
  }
  CHECK(findings_in(store) == 0);
}

TEST_CASE("an alert is told once; what broke off is told again after a while") {
  Store store = empty_store();
  const AlertId id = id_of(alert_of(AlertKind::late, noon, noon));
  CHECK(*begin_telling(store, id, "mail", noon, 5min));
  CHECK_FALSE(*begin_telling(store, id, "mail", noon + 60'000, 5min));
  // Who looked at the clock first, and waited for its turn to write behind the one who has it.
  CHECK_FALSE(*begin_telling(store, id, "mail", noon - 1, 5min));
  CHECK(*begin_telling(store, id, "desktop", noon, 5min));
  // The first one crashed.
  CHECK(*begin_telling(store, id, "mail", noon + 300'001, 5min));
  REQUIRE(note_told(store, id, "mail", noon + 300'002));
  CHECK_FALSE(*begin_telling(store, id, "mail", noon + 900'000'000, 5min));
  // A clock that was set back must not hold it for years.
  CHECK(*begin_telling(store, id, "desktop", noon - 900'000'000, 5min));
}
