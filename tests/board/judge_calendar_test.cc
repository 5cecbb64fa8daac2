// SPDX-License-Identifier: MIT
// The judge of what is scheduled by a calendar.
#include "board/judge_case.h"

using namespace ssblog;

TEST_CASE("what ran a little before the rule was made was for the time behind it") {
  Case job;
  job.rule.rule.every.reset();
  job.rule.makers.front().made = noon + 15 * hour - minute;
  job.next = at_three;
  job.life.self_since = noon;
  CHECK(Case::told(job.silence_at(noon + 30 * hour)) == "");
  CHECK(job.silence_at(noon + 30 * hour).due == noon + 40 * hour);
  CHECK(Case::told(job.silence_at(noon + 41 * hour)) == "silent 40h job-absent");
  job.rule.makers.front().made = noon + 15 * hour - 6 * minute;
  CHECK(Case::told(job.silence_at(noon + 30 * hour)) == "silent 16h job-absent");
}

TEST_CASE("a scheduled run may begin a little before its time, and up to the grace behind it") {
  Case job;
  job.rule.rule.every.reset();
  job.next = at_three;
  job.life.self_since = noon;
  job.ended(noon + hour);  // by hand, on the day before
  CHECK(job.at(noon + 2 * hour).due == noon + 16 * hour);
  job.ended(noon + 15 * hour - 2000);
  CHECK(job.told_at(noon + 20 * hour) == "");
  CHECK(job.at(noon + 20 * hour).due == noon + 40 * hour);
  job.ended(noon + 40 * hour);
  CHECK(job.told_at(noon + 45 * hour) == "");
  // The third one is missed, and all after it until one comes.
  CHECK(job.told_at(noon + 65 * hour) == "late 64h job-absent");
  CHECK(job.told_at(noon + 5 * day) == "late 64h job-absent");
  job.ended(noon + 5 * day);
  CHECK(job.told_at(noon + 5 * day + hour) == "late 64h found-later, recovered 120h");
  CHECK(job.told_at(noon + 6 * day) == "late 64h found-later, late 136h job-absent, recovered 120h");
}

TEST_CASE("the oldest run that is known may be one that began early") {
  Case job;
  job.rule.rule.every.reset();
  job.next = at_three;
  job.life.self_since = noon;
  job.ended(noon + 15 * hour - 2 * minute);
  CHECK(job.told_at(noon + 20 * hour) == "");
  CHECK(job.at(noon + 20 * hour).due == noon + 40 * hour);
  // By hand, and well before: it is not that of three o'clock.
  job.runs.newest_first.clear();
  job.ended(noon + 15 * hour - 6 * minute);
  CHECK(job.told_at(noon + 20 * hour) == "late 16h job-absent");
}

TEST_CASE("each run of a job that begins a little early may become the oldest one that is known") {
  for (const Millis period : {minute, 10 * minute, hour}) {
    CAPTURE(period);
    Case job;
    job.rule.rule.every.reset();
    job.rule.rule.grace = 0;
    job.next = [period](Millis time) { return std::optional((time / period + 1) * period); };
    job.life.self_since = noon;
    for (int i = 1; i <= 20; ++i) {
      // Twice it does not come.
      if (i != 8 && i != 9) job.ended(noon + i * period - minute / 3, 0, 1);
    }
    const Millis now = noon + 20 * period + 1;
    const Judgement all = job.at(now);
    REQUIRE(all.alerts.size() == 2);
    while (job.runs.newest_first.size() > 1) {
      job.runs.newest_first.pop_back();
      const Judgement some = job.at(now);
      for (const AlertRecord& alert : some.alerts) {
        if (alert.kind == AlertKind::late) CHECK(id_of(alert) == id_of(all.alerts.front()));
      }
      CHECK(some.due == now - 1 + period);
    }
  }
}

TEST_CASE("a good run that began early ends what was late before it, without a grace") {
  Case job;
  job.rule.rule.every.reset();
  job.rule.rule.grace = 0;
  job.next = at_three;
  job.life.self_since = noon;
  job.ended(noon + hour);
  job.ended(noon + 39 * hour - 2 * minute);
  CHECK(job.told_at(noon + 41 * hour).starts_with("late 15h found-later, recovered 38.9"));
}

TEST_CASE("late is found where the grace is many periods long") {
  Case job;
  job.rule.rule.every.reset();
  job.rule.rule.grace = day;
  job.next = [](Millis time) { return std::optional((time / minute + 1) * minute); };
  job.life.self_since = noon;
  for (int i = 0; i < 20; ++i) job.ended(noon + i * 23 * hour);
  CHECK(job.told_at(noon + 19 * 23 * hour + hour) == "");
  CHECK(job.told_at(noon + 19 * 23 * hour + 25 * hour).starts_with("late 461.01"));
}

TEST_CASE("late by a calendar stays late while runs end badly") {
  Case job;
  job.rule.rule.every.reset();
  job.rule.rule.fail_after = 100;
  job.next = at_three;
  job.life.self_since = noon;
  job.ended(noon + hour);
  job.ended(noon + 30 * hour, 1);
  job.ended(noon + 39 * hour, 1);
  CHECK(job.told_at(noon + 41 * hour) == "late 16h found-later");
  CHECK(job.told_at(noon + 5 * day) == "late 16h found-later");
  CHECK(job.at(noon + 5 * day).overdue->due == noon + 64 * hour);
  job.ended(noon + 5 * day);
  CHECK(job.told_at(noon + 5 * day + hour) == "late 16h found-later, recovered 120h");
}
