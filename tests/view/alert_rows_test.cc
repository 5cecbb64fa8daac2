// SPDX-License-Identifier: MIT
// The pages of alerts, those in doubt among them.
#include "view/alert_rows.h"

#include "feed/contact.h"
#include "feed/event_content.h"
#include "store/feed_writer.h"

#include <nlohmann/json.hpp>

using namespace ssblog;

namespace {

constexpr Millis minute = 60'000, hour = 60 * minute;
constexpr Millis noon = 1'795'262'400'000;

/// A host follows one other, and hears of nobody else: when that one is silent, it cannot know why.
struct Pair {
  FeedWriter own{keys_of(1), {}, {}}, other{keys_of(2), {}, {}};
  Store store = empty_store();

  Pair() {
    own.say(follow_content(other.keys.id(), true), noon - hour);
    for (const char* job : {"one", "two", "bad"}) run(job, noon - hour, 0);
    rule("one", hour);
    rule("two", 2 * hour);
    rule("bad", std::nullopt);
    run("bad", noon + minute, 3);
    import();
    auto failed = look(noon + 10 * minute).missing;
    REQUIRE(failed.size() == 1);
    own.say(alert_content(failed.front()), noon + 10 * minute);
    import();
  }
  void run(const std::string& job, Millis start, int status) {
    const JobRun of{"", job, "", fmt::format("{:016x}", ++runs_)};
    other.say(job_start_content(of, start), start);
    JobEnd end;
    end.status = status;
    other.say(job_end_content(of, end, start + minute), start + minute);
  }
  void rule(const std::string& job, std::optional<Millis> every) {
    Expectation rule;
    rule.job = job;
    rule.host = other.keys.id();
    rule.every = every;
    own.say(expectation_content(rule), noon);
  }
  void import() {
    own.import_to(store);
    other.import_to(store);
  }
  Watcher watcher() const { return onlooker(own.keys.id(), 15 * minute, std::nullopt); }
  WatchReport look(Millis now) {
    auto report = look_over(store, watcher(), now);
    REQUIRE(report);
    return std::move(*report);
  }
  /// "kind job reason" of each, page by page.
  std::vector<std::string> shown(Millis now, std::optional<bool> over, std::size_t count) {
    std::vector<std::string> texts;
    std::optional<AlertPosition> before;
    for (int pages = 0; pages < 10; ++pages) {
      auto page = alert_page(store, watcher(), now, over, before, count);
      REQUIRE(page);
      CHECK(page->rows.size() <= count);
      for (const std::string& row : page->rows) {
        const auto alert = nlohmann::json::parse(row);
        texts.push_back(fmt::format("{} {} {}", alert["kind"].get<std::string>(),
                                    alert["job"].get<std::string>(), alert["reason"].get<std::string>()));
        CHECK(alert["time"].get<Millis>() <= now);
      }
      if (!page->next) return texts;
      before = parse_alert_cursor(to_cursor(*page->next));
      REQUIRE(before);
    }
    FAIL("the pages have no end");
    return texts;
  }

 private:
  int runs_ = 0;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("alerts in doubt are open ones of this host, on whatever page") {
  Pair pair;
  const Millis now = noon + 5 * hour;
  const Texts all = {"silent two cut-off", "silent one cut-off", "failed bad "};
  REQUIRE(pair.look(now).doubtful.size() == 2);
  for (const std::size_t count : {1, 2, 3, 100}) {
    CAPTURE(count);
    CHECK(pair.shown(now, std::nullopt, count) == all);
    CHECK(pair.shown(now, false, count) == all);
    CHECK(pair.shown(now, true, count) == Texts{});
    // Nothing moves with the time.
    CHECK(pair.shown(now + 3, std::nullopt, count) == all);
  }
}

TEST_CASE("an alert that somebody signed is not in doubt any more") {
  Pair pair;
  const Millis now = noon + 5 * hour;
  auto doubtful = pair.look(now).doubtful;
  REQUIRE(doubtful.size() == 2);
  for (AlertRecord& alert : doubtful) {
    if (alert.of.job != "one") continue;
    alert.reason = AlertReason::found_later;
    pair.other.say(alert_content(alert), noon + 4 * hour);
  }
  pair.import();
  CHECK(pair.shown(noon + 4 * hour + minute, false, 100).front() == "silent one found-later");
}
