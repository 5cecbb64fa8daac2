// SPDX-License-Identifier: MIT
// board/judge_case.h - one job, its runs and a rule, for the tests of the judge.
#pragma once

#include "board/judge.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace ssblog {

inline constexpr Millis minute = 60'000, hour = 60 * minute, day = 24 * hour;
inline constexpr Millis noon = 1'795'262'400'000;  // when the rule is made

inline FeedId feed(std::uint8_t number) {
  FeedId id;
  id.bytes.fill(number);
  return id;
}

/// One job of another host, and what a watcher knows.
struct Case {
  StandingRule rule;
  WatchedRuns runs;
  SignsOfLife life;
  NextScheduled next;

  Case() {
    rule.rule.job = "nightly";
    rule.rule.every = day;
    rule.rule.grace = hour;
    rule.makers.push_back({feed(1), {}, noon});
    rule.id = id_of(rule.rule);
    runs.of = {feed(2), "nightly", "nas", ""};
    life.others = {noon, noon, noon};
  }
  void add(KnownRun run) {
    run.first = static_cast<Seq>(runs.newest_first.size() + 1);
    run.name = fmt::format("{:016x}", run.first);
    runs.newest_first.insert(runs.newest_first.begin(), run);
    life.latest = std::max(life.latest, run.ended.value_or(run.start()));
  }
  void ended(Millis start, int status = 0, Millis duration = minute) {
    KnownRun run;
    run.seen = start;
    run.began = start;
    run.ended = start + duration;
    run.status = status;
    run.duration = duration;
    add(run);
  }
  void open(Millis start) {
    KnownRun run;
    run.seen = start;
    run.began = start;
    add(run);
  }
  void piped(Millis start) {
    KnownRun run;
    run.seen = start;
    add(run);
  }
  /// Others are heard of all the time.
  void hear_of_others(Millis until) { life.others = {until, until, until}; }

  Judgement at(Millis now) const { return judge(rule, runs, next, life, {}, now); }
  Judgement silence_at(Millis now) const { return judge_silence(rule, runs, next, life, {}, now); }

  /// "late 25h", "recovered 30h": kinds and due times, in hours since the rule was made.
  static std::string told(const Judgement& judged) {
    std::string text;
    for (const AlertRecord& alert : judged.alerts) {
      text += fmt::format("{}{} {:g}h", text.empty() ? "" : ", ", word_of(alert.kind),
                          static_cast<double>(alert.due - noon) / static_cast<double>(hour));
      if (alert.reason != AlertReason::none) text += fmt::format(" {}", word_of(alert.reason));
    }
    return text;
  }
  std::string told_at(Millis now) const { return told(at(now)); }
};

/// Each day at 03:00 UTC (noon is 12:00).
inline std::optional<Millis> at_three(Millis time) {
  const Millis three = noon + 15 * hour;
  Millis next = three + (time - three) / day * day;
  while (next - day > time) next -= day;
  while (next <= time) next += day;
  return next;
}

}  // namespace ssblog
