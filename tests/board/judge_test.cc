// SPDX-License-Identifier: MIT
#include "board/judge_case.h"

#include <set>

using namespace ssblog;

TEST_CASE("a job that runs as the rule says makes no alert") {
  Case job;
  for (int i = 0; i < 5; ++i) {
    job.ended(noon + hour + i * day);
    for (Millis now = noon + hour + i * day + 2 * minute; now < noon + (i + 1) * day + 2 * hour;
         now += 10 * minute) {
      job.hear_of_others(now);
      CHECK(job.told_at(now) == "");
      CHECK_FALSE(job.at(now).overdue);
      CHECK(job.at(now).due == noon + hour + (i + 1) * day + hour);
    }
  }
}

TEST_CASE("the first run that is missed makes one alert, and no other until a good run") {
  Case job;
  job.ended(noon + hour);
  job.life.latest = noon + 3 * day;  // it is up, and says other things
  CHECK(job.told_at(noon + 26 * hour) == "");
  CHECK(job.told_at(noon + 26 * hour + 2 * minute) == "late 26h job-absent");
  CHECK(job.told_at(noon + 3 * day) == "late 26h job-absent");
  CHECK(job.at(noon + 3 * day).overdue->due == noon + 26 * hour);
  job.ended(noon + 3 * day, 1);  // it ran, and failed: late it is all the same
  CHECK(job.told_at(noon + 3 * day + hour) == "failed 72h, late 26h found-later");
  job.life.latest = noon + 6 * day;
  CHECK(job.told_at(noon + 5 * day) == "failed 72h, late 26h found-later");
  job.ended(noon + 6 * day);
  CHECK(job.told_at(noon + 6 * day + hour) == "failed 72h, late 26h found-later, recovered 144h");
  job.life.latest = noon + 9 * day;
  CHECK(job.told_at(noon + 8 * day) ==
        "failed 72h, late 26h found-later, late 169h job-absent, recovered 144h");
}

TEST_CASE("each watcher makes the alert of the same id, for whatever reason") {
  std::set<AlertId> ids;
  const auto note = [&](const Judgement& judged, AlertReason reason) {
    REQUIRE(judged.alerts.size() >= 1);
    CHECK(judged.alerts.front().reason == reason);
    ids.insert(id_of(judged.alerts.front()));
  };
  Case job;
  job.ended(noon + hour);
  const Millis now = noon + 28 * hour;
  Case self = job;
  self.life.self_since = noon;
  note(self.at(now), AlertReason::job_absent);
  self.life.self_since = noon + 27 * hour;
  note(self.at(now), AlertReason::found_later);
  Case up = job;
  up.life.latest = noon + 27 * hour;
  note(up.at(now), AlertReason::job_absent);
  Case connected = job;
  connected.life.connected = true;
  note(connected.at(now), AlertReason::job_absent);
  Case unseen = job;
  unseen.hear_of_others(noon + 27 * hour);
  note(unseen.at(now), AlertReason::host_not_seen);
  Case later = job;
  later.ended(noon + 40 * hour);
  note(later.at(noon + 50 * hour), AlertReason::found_later);
  CHECK(ids.size() == 1);
}

TEST_CASE("who hears of few others is cut off itself, and makes no alert") {
  Case job;
  job.ended(noon + hour);
  const Millis due = noon + 26 * hour, now = noon + 40 * hour;
  const auto doubt = [&] {
    const Judgement judged = job.at(now);
    REQUIRE(judged.overdue);
    CHECK(judged.alerts.empty() == (judged.overdue->doubt != Doubt::none));
    // What this host cannot know is told on it, and has the id of what others may sign.
    REQUIRE(judged.doubtful.size() == (judged.overdue->doubt == Doubt::cut_off ? 1 : 0));
    if (!judged.doubtful.empty()) {
      CHECK(judged.doubtful[0].reason == AlertReason::cut_off);
      Case seen = job;
      seen.life.connected = true;
      CHECK(id_of(judged.doubtful[0]) == id_of(seen.at(now).alerts.at(0)));
    }
    return judged.overdue->doubt;
  };
  job.life.others = {};
  CHECK(doubt() == Doubt::cut_off);
  job.life.others = {due - 1, due - 2, due - 3};
  CHECK(doubt() == Doubt::cut_off);
  job.life.others = {due + 1, due - 2, due - 3};
  CHECK(doubt() == Doubt::cut_off);
  job.life.others = {due + 1, due + 2, due - 3};
  CHECK(doubt() == Doubt::none);
  // Who was off for a week already is not expected.
  job.life.others = {due + 1, due - 8 * day, due - 9 * day};
  CHECK(doubt() == Doubt::none);
  // A clock far ahead is no sign.
  job.life.others = {now + day, due - 1};
  CHECK(doubt() == Doubt::cut_off);
}

TEST_CASE("a host that is not seen is waited for, longer where somebody claims to have more of it") {
  Case job;
  job.ended(noon + hour);
  const Millis due = noon + 26 * hour;
  const auto doubt_at = [&](Millis now) {
    job.hear_of_others(now);
    return job.at(now).overdue->doubt;
  };
  CHECK(doubt_at(due + 10 * minute) == Doubt::waiting);
  CHECK(doubt_at(due + 17 * minute) == Doubt::none);
  CHECK(job.at(due + 10 * minute).wake == due + minute + 15 * minute + 1);
  job.life.connected = true;
  CHECK(doubt_at(due + 2 * minute) == Doubt::none);
  job.life.connected = false;
  job.life.behind = true;
  CHECK(doubt_at(due + hour) == Doubt::waiting);
  CHECK(doubt_at(due + 7 * hour) == Doubt::none);
  // Of a forked feed nothing more comes.
  job.life.sealed = true;
  CHECK_FALSE(job.at(due + 7 * hour).overdue);
}

TEST_CASE("so many bad runs in a row are a failure, once for each row") {
  Case job;
  job.rule.rule.every.reset();
  job.rule.rule.fail_after = 2;
  const auto expect = [&](std::string_view told) { CHECK(job.told_at(noon + 9 * day) == told); };
  job.ended(noon + 1 * hour, 1);
  expect("");
  job.ended(noon + 2 * hour);
  job.ended(noon + 3 * hour, 12);
  expect("");
  job.ended(noon + 4 * hour, 12);
  expect("failed 4h");
  CHECK(job.at(noon + day).alerts.front().detail == "exit 12; 2 times in a row");
  job.ended(noon + 5 * hour, 12);
  expect("failed 4h");
  job.ended(noon + 6 * hour);
  expect("failed 4h, recovered 6h");
  job.ended(noon + 7 * hour, 1);
  job.ended(noon + 8 * hour, 1);
  expect("failed 4h, failed 8h, recovered 6h");
}

TEST_CASE("a row whose beginning is not known makes no alert") {
  Case job;
  job.rule.rule.every.reset();
  for (int i = 1; i < 5; ++i) job.ended(noon + i * hour, 1);
  job.runs.more = true;
  CHECK(job.told_at(noon + day) == "");
  job.ended(noon + 6 * hour);
  job.ended(noon + 7 * hour, 1);
  CHECK(job.told_at(noon + day) == "failed 7h");
}

TEST_CASE("a run that takes too long, or does not end, makes one alert") {
  Case job;
  job.rule.rule.every.reset();
  job.rule.rule.longest = 2 * hour;
  job.open(noon + hour);
  job.life.self_since = noon;
  CHECK(job.told_at(noon + 2 * hour) == "");
  CHECK(job.told_at(noon + 4 * hour) == "too-long 1h job-absent");
  const AlertId id = id_of(job.at(noon + 4 * hour).alerts.front());
  SUBCASE("it is told by its end, too") {
    job.runs.newest_first.clear();
    job.ended(noon + hour, 0, 3 * hour);
    CHECK(job.told_at(noon + 5 * hour) == "too-long 1h");
    CHECK(id_of(job.at(noon + 5 * hour).alerts.front()) == id);
  }
  SUBCASE("it is no failure beside, when it is ended for that") {
    job.runs.newest_first.clear();
    job.ended(noon + hour, 143, 3 * hour);
    CHECK(job.told_at(noon + 5 * hour) == "too-long 1h");
  }
  SUBCASE("its end was only not here yet: it is well") {
    KnownAlert known{id, job.at(noon + 4 * hour).alerts.front(), feed(3), noon, false};
    job.runs.newest_first.clear();
    job.runs.alerts = {known};
    job.ended(noon + hour, 0, hour);
    CHECK(job.told_at(noon + 5 * hour) == "recovered 1h");
  }
}

TEST_CASE("a run that ends well too soon makes one alert") {
  Case job;
  job.rule.rule.every.reset();
  job.rule.rule.shortest = 10 * minute;
  job.ended(noon + hour, 0, minute);
  job.ended(noon + 2 * hour, 1, minute);
  CHECK(job.told_at(noon + day) == "failed 2h, too-short 1h");
  job.ended(noon + 3 * hour, 0, 10 * minute);
  CHECK(job.told_at(noon + day) == "failed 2h, too-short 1h, recovered 3h");
}

TEST_CASE("a job that never ran is silent") {
  Case job;
  job.life.others = {noon + 26 * hour, noon + 26 * hour};
  CHECK(Case::told(job.silence_at(noon + 25 * hour)) == "");
  CHECK(job.silence_at(noon + hour).due == noon + 25 * hour);
  CHECK(Case::told(job.silence_at(noon + 27 * hour)) == "silent 25h host-not-seen");
  job.ended(noon + 30 * hour);
  CHECK(Case::told(job.silence_at(noon + 31 * hour)) == "silent 25h found-later, recovered 30h");
  CHECK(job.told_at(noon + 31 * hour) == "");
  // It ran in time, and nobody knew.
  const KnownAlert known{id_of(job.silence_at(noon + 31 * hour).alerts.front()),
                         job.silence_at(noon + 31 * hour).alerts.front(), feed(3), noon, false};
  job.runs.newest_first.clear();
  job.ended(noon + 20 * hour);
  CHECK(Case::told(job.silence_at(noon + 31 * hour)) == "");
  job.runs.alerts = {known};
  CHECK(Case::told(job.silence_at(noon + 31 * hour)) == "recovered 20h");
}

TEST_CASE("what only pipes lines is well when it came") {
  Case job;
  job.piped(noon + hour);
  job.life.latest = noon + 2 * day;
  CHECK(job.told_at(noon + 27 * hour) == "late 26h job-absent");
  job.piped(noon + 29 * hour);
  CHECK(job.told_at(noon + 30 * hour) == "late 26h found-later, recovered 29h");
}

TEST_CASE("runs before the rule and runs of a clock that is far ahead do not count") {
  Case job;
  job.ended(noon - hour, 1);
  CHECK(job.told_at(noon + day) == "");
  job.ended(noon + hour);
  job.ended(noon + 400 * day);
  job.life.latest = noon + 30 * hour;
  CHECK(job.told_at(noon + 31 * hour) == "late 26h job-absent");
}

TEST_CASE("nothing older than a month is told") {
  Case job;
  job.ended(noon + hour);
  job.ended(noon + 3 * day);
  CHECK(job.told_at(noon + 4 * day) == "late 26h found-later, recovered 72h");
  job.ended(noon + 4 * day);
  job.life.self_since = noon;
  CHECK(job.told_at(noon + 33 * day) == "late 121h job-absent");
}

TEST_CASE("what follows is the same when looked at at each moment, and once at the end") {
  // Runs of a bad month; the alerts that were made on the way are those that follow from all of it.
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::uint32_t state = seed * 2'654'435'761U;
    const auto below = [&](std::uint32_t count) {
      state = state * 1'664'525U + 1'013'904'223U;
      return (state >> 8) % count;
    };
    Case job;
    if (seed % 2 == 0) {
      job.rule.rule.every.reset();
      job.next = at_three;
    }
    job.rule.rule.fail_after = static_cast<int>(1 + below(2));
    job.life.self_since = noon;
    std::set<AlertId> on_the_way;
    const auto look = [&](Millis now) {
      const Judgement judged = job.at(now);
      for (const AlertRecord& alert : judged.alerts) {
        if (!on_the_way.insert(id_of(alert)).second) continue;
        job.runs.alerts.push_back({id_of(alert), alert, feed(3), now, alert.kind == AlertKind::recovered});
        if (alert.kind != AlertKind::recovered) continue;
        for (KnownAlert& known : job.runs.alerts) known.over = known.over || known.alert.after < alert.due;
      }
    };
    Millis now = noon + 15 * hour;
    for (int i = 0; i < 14; ++i) {
      now += below(4) == 0 ? static_cast<Millis>(below(80)) * hour : 0;
      job.ended(now, below(4) == 0 ? 1 : 0, static_cast<Millis>(1 + below(100)) * minute);
      const Millis until = now + day;
      for (now += 2 * hour; now < until; now += hour) look(now);
      now = until;
    }
    look(now);
    std::set<AlertId> at_the_end;
    job.runs.alerts.clear();
    for (const AlertRecord& alert : job.at(now).alerts) at_the_end.insert(id_of(alert));
    CHECK(on_the_way == at_the_end);
  }
}
