// SPDX-License-Identifier: MIT
#include "board/watch.h"

#include "board/alert_turns.h"
#include "board/board.h"
#include "feed/contact.h"
#include "feed/event_content.h"
#include "store/feed_writer.h"

#include <set>

using namespace ssblog;

namespace {

constexpr Millis minute = 60'000, hour = 60 * minute, day = 24 * hour;
constexpr Millis noon = 1'795'262'400'000;

/// The host whose store it is follows a friend; both have a job, and so has a stranger.
struct Network {
  FeedWriter own{keys_of(1), {}, {}}, friendly{keys_of(2), {}, {}}, stranger{keys_of(3), {}, {}};
  Store store = empty_store();
  int runs = 0;

  Network() {
    own.say(follow_content(friendly.keys.id(), true), noon - hour);
    for (FeedWriter* feed : {&own, &friendly, &stranger}) run(*feed, "nightly", noon - hour, 0);
  }
  void run(FeedWriter& feed, std::string job, Millis start, int status, std::string destination = "") {
    const JobRun of{"", std::move(job), std::move(destination), fmt::format("{:016x}", ++runs)};
    feed.say(job_start_content(of, start), start);
    JobEnd end;
    end.status = status;
    feed.say(job_end_content(of, end, start + minute), start + minute);
  }
  WatchReport look(Millis now) {
    for (const FeedWriter* feed : {&own, &friendly, &stranger}) feed->import_to(store);
    Watcher watcher;
    watcher.own = own.keys.id();
    watcher.since = noon - day;
    auto report = look_over(store, watcher, now);
    REQUIRE(report);
    return std::move(*report);
  }
  /// "failed 2 nightly": kind, number of the keys, job.
  std::string missing(Millis now) {
    std::set<std::string> texts;
    for (const AlertRecord& alert : look(now).missing) {
      int number = 1;
      while (keys_of(static_cast<std::uint8_t>(number)).id() != alert.of.host) ++number;
      texts.insert(fmt::format("{} {} {}", word_of(alert.kind), number, alert.of.job));
    }
    return fmt::format("{}", fmt::join(texts, ", "));
  }
};

Expectation rule_of(std::string job, std::optional<FeedId> host = std::nullopt) {
  Expectation rule;
  rule.job = std::move(job);
  rule.host = host;
  return rule;
}

}  // namespace

TEST_CASE("a rule without a host is about this host and those that it follows") {
  Network net;
  net.own.say(expectation_content(rule_of("nightly")), noon);
  for (FeedWriter* feed : {&net.own, &net.friendly, &net.stranger}) {
    net.run(*feed, "nightly", noon + hour, 1);
    net.run(*feed, "other", noon + hour, 1);
  }
  CHECK(net.missing(noon + 2 * hour) == "failed 1 nightly, failed 2 nightly");
}

TEST_CASE("a rule may name a host that is not followed, but a host that is not followed makes none") {
  Network net;
  net.own.say(expectation_content(rule_of("nightly", net.stranger.keys.id())), noon);
  net.stranger.say(expectation_content(rule_of("nightly", net.own.keys.id())), noon);
  for (FeedWriter* feed : {&net.own, &net.friendly, &net.stranger}) net.run(*feed, "nightly", noon + hour, 1);
  CHECK(net.missing(noon + 2 * hour) == "failed 3 nightly");
}

TEST_CASE("an alert that somebody made whose word counts is not missing any more") {
  Network net;
  net.own.say(expectation_content(rule_of("nightly", net.friendly.keys.id())), noon);
  net.run(net.friendly, "nightly", noon + hour, 1);
  const auto missing = net.look(noon + 2 * hour).missing;
  REQUIRE(missing.size() == 1);
  net.stranger.say(alert_content(missing.front()), noon + 2 * hour);
  CHECK(net.look(noon + 2 * hour).missing.size() == 1);
  net.friendly.say(alert_content(missing.front()), noon + 2 * hour);
  CHECK(net.look(noon + 2 * hour).missing.empty());
  // That it runs well again is told once the fault was, and once.
  net.run(net.friendly, "nightly", noon + 3 * hour, 0);
  CHECK(net.missing(noon + 4 * hour) == "recovered 2 nightly");
  net.own.say(alert_content(net.look(noon + 4 * hour).missing.front()), noon + 4 * hour);
  CHECK(net.missing(noon + 4 * hour) == "");
}

TEST_CASE("nobody tells that a job runs well of which no fault was told") {
  Network net;
  net.own.say(expectation_content(rule_of("nightly", net.friendly.keys.id())), noon);
  net.run(net.friendly, "nightly", noon + hour, 1);
  net.run(net.friendly, "nightly", noon + 2 * hour, 0);
  CHECK(net.missing(noon + 3 * hour) == "failed 2 nightly");
}

TEST_CASE("silence is ended by a run of whatever source and destination") {
  Network net;
  Expectation rule = rule_of("media", net.own.keys.id());
  rule.every = day;
  net.own.say(expectation_content(rule), noon);
  CHECK(net.missing(noon + day) == "");
  CHECK(net.missing(noon + day + hour) == "silent 1 media");
  net.own.say(alert_content(net.look(noon + day + hour).missing.front()), noon + day + hour);
  CHECK(net.missing(noon + day + hour) == "");
  net.run(net.own, "media", noon + 2 * day, 0, "usb");
  CHECK(net.missing(noon + 2 * day + hour) == "recovered 1 media");
  net.own.say(alert_content(net.look(noon + 2 * day + hour).missing.front()), noon + 2 * day + hour);
  // Each way is a job of its own from then on.
  net.run(net.own, "media", noon + 3 * day, 0, "offsite");
  std::set<std::string> late;
  for (const AlertRecord& alert : net.look(noon + 3 * day + 2 * hour).missing) {
    if (alert.kind == AlertKind::late) late.insert(alert.of.destination);
  }
  CHECK(late == std::set<std::string>{"usb"});
}

TEST_CASE("a rule that is taken back finds nothing more") {
  Network net;
  const MessageKey made = net.own.say(expectation_content(rule_of("nightly")), noon);
  net.run(net.friendly, "nightly", noon + hour, 1);
  CHECK(net.missing(noon + 2 * hour) == "failed 2 nightly");
  net.friendly.say(removal_content(made), noon + 2 * hour);
  CHECK(net.missing(noon + 2 * hour) == "");
  CHECK(net.look(noon + 2 * hour).standings.empty());
}

TEST_CASE("the board shows what is late by a rule, and what never ran") {
  Network net;
  Expectation rule = rule_of("nightly", net.own.keys.id());
  rule.every = day;
  net.own.say(expectation_content(rule), noon);
  rule.job = "media";
  net.own.say(expectation_content(rule), noon);
  net.run(net.own, "nightly", noon + hour, 0);
  const auto row = [&](std::string_view job, Millis now) {
    net.look(now);
    Watcher watcher;
    watcher.own = net.own.keys.id();
    watcher.since = 0;
    auto board = read_board(net.store, watcher, now);
    REQUIRE(board);
    const auto at = std::find_if(board->jobs.begin(), board->jobs.end(), [&](const BoardJob& one) {
      return one.job == job && one.feed == net.own.keys.id();
    });
    return at == board->jobs.end() ? std::optional<BoardJob>() : std::optional(*at);
  };
  CHECK(row("nightly", noon + 2 * hour)->standing.state == JobState::ok);
  CHECK(row("nightly", noon + 2 * hour)->standing.due == noon + day + hour);
  CHECK_FALSE(row("media", noon + 2 * hour));
  const auto nightly = row("nightly", noon + 2 * day);
  CHECK(nightly->standing.state == JobState::late);
  CHECK(nightly->overdue->reason == AlertReason::job_absent);
  const auto media = row("media", noon + 2 * day);
  REQUIRE(media);
  CHECK(media->standing.state == JobState::late);
  CHECK_FALSE(media->ran);
}

TEST_CASE("each host has another turn, and the one whose job it is goes first") {
  AlertRecord alert;
  alert.of = {keys_of(2).id(), "nightly", "", ""};
  std::vector<FeedId> hosts;
  for (std::uint8_t i = 1; i <= 6; ++i) hosts.push_back(keys_of(i).id());
  std::set<std::size_t> turns;
  for (const FeedId& host : hosts) turns.insert(turn_of(alert, host, hosts));
  CHECK(turns == std::set<std::size_t>{0, 1, 2, 3, 4, 5});
  CHECK(turn_of(alert, keys_of(2).id(), hosts) == 0);
}

TEST_CASE("who is not first waits, and makes no alert that somebody made meanwhile") {
  AlertRecord alert;
  alert.of = {keys_of(2).id(), "nightly", "", ""};
  const std::vector<FeedId> hosts = {keys_of(1).id(), keys_of(2).id()};
  AlertTurns turns;
  CHECK(turns.take({alert}, keys_of(1).id(), hosts, 10'000, noon).empty());
  CHECK(turns.next() == noon + 10'000);
  CHECK(turns.take({alert}, keys_of(1).id(), hosts, 10'000, noon + 9'999).empty());
  CHECK(turns.take({alert}, keys_of(1).id(), hosts, 10'000, noon + 10'000).size() == 1);
  // Gone, and there again: it waits anew.
  CHECK(turns.take({}, keys_of(1).id(), hosts, 10'000, noon + 10'000).empty());
  CHECK_FALSE(turns.next());
  CHECK(turns.take({alert}, keys_of(1).id(), hosts, 10'000, noon + 10'001).empty());
  // A clock that is set back does not hold it for long.
  CHECK(turns.take({alert}, keys_of(1).id(), hosts, 10'000, noon - day).empty());
  CHECK(turns.take({alert}, keys_of(1).id(), hosts, 10'000, noon - day + 10'000).size() == 1);
}
