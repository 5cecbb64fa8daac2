// SPDX-License-Identifier: MIT
#include "board/judge_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace ssblog {
namespace {

/// A clock that is so far ahead of ours is wrong: its run must not count as the last one for years.
constexpr Millis most_ahead = Millis{24} * 3'600'000;

std::string how_it_ended(const KnownRun& run) {
  std::string text = run.signal   ? fmt::format("ended by signal {}", *run.signal)
                     : run.status ? fmt::format("exit {}", *run.status)
                                  : std::string("ended without a status");
  if (!run.reason.empty() && run.reason.size() + text.size() + 2 <= longest_detail) text += ", " + run.reason;
  return text;
}

bool is_over_long(const KnownRun& run, const Expectation& rule) {
  const auto took = duration_of(run);
  return rule.longest && took && *took > *rule.longest;
}

/// One alert for each row of bad runs, of the one with which the row is as long as the rule says. In the order of their
/// ends, which only grows: a run that is still under way does not come before one that has ended.
void add_failures(const StandingRule& rule, const WatchedJob& of, std::vector<KnownRun> runs, bool more,
                  std::vector<AlertRecord>& alerts) {
  std::erase_if(runs, [&](const KnownRun& run) {
    // What was ended since it took too long is told as that.
    return !run.ended || (run.is_bad() && is_over_long(run, rule.rule));
  });
  std::sort(runs.begin(), runs.end(), [](const KnownRun& a, const KnownRun& b) {
    return std::tie(*a.ended, a.first) < std::tie(*b.ended, b.first);
  });
  // Where the beginning of a row is not here, nobody can count it.
  bool counts = !more;
  int row = 0;
  for (const KnownRun& run : runs) {
    if (!run.is_bad()) {
      counts = true;
      row = 0;
      continue;
    }
    if (!counts || ++row != rule.rule.fail_after) continue;
    alerts.push_back(alert_of(AlertKind::failed, rule, of, run));
    alerts.back().detail = how_it_ended(run);
    if (row > 1) alerts.back().detail += fmt::format("; {} times in a row", row);
  }
}

}  // namespace

std::vector<KnownRun> runs_that_count(const StandingRule& rule, const WatchedRuns& runs, Millis now) {
  std::vector<KnownRun> counted;
  for (const KnownRun& run : runs.newest_first) {
    if (run.start() >= rule.made() && run.start() <= now + most_ahead) counted.push_back(run);
  }
  std::sort(counted.begin(), counted.end(), [](const KnownRun& a, const KnownRun& b) {
    return std::tuple(a.start(), a.first) < std::tuple(b.start(), b.first);
  });
  return counted;
}

std::optional<Millis> duration_of(const KnownRun& run) {
  if (run.duration) return run.duration;
  if (run.began && run.ended) return std::max<Millis>(*run.ended - *run.began, 0);
  return std::nullopt;
}

bool is_clean(const KnownRun& run, const Expectation& rule) {
  if (!run.has_records()) return true;
  const auto took = duration_of(run);
  const bool too_short = rule.shortest && took && *took < *rule.shortest;
  return run.is_good() && !too_short && !is_over_long(run, rule);
}

AlertRecord alert_of(AlertKind kind, const StandingRule& rule, const WatchedJob& of, const KnownRun& run) {
  AlertRecord alert;
  alert.kind = kind;
  alert.rule = rule.id;
  alert.of = of;
  alert.due = run.start();
  alert.after = kind == AlertKind::recovered ? run.start() : run.start() - 1;
  alert.run = run.name;
  return alert;
}

std::vector<AlertRecord> faults_of_runs(const StandingRule& rule, const WatchedJob& of,
                                        const std::vector<KnownRun>& by_start, bool more) {
  std::vector<AlertRecord> alerts;
  add_failures(rule, of, by_start, more, alerts);
  for (const KnownRun& run : by_start) {
    const auto took = duration_of(run);
    if (!run.ended || !took) continue;
    if (is_over_long(run, rule.rule)) {
      alerts.push_back(alert_of(AlertKind::too_long, rule, of, run));
    } else if (run.is_good() && rule.rule.shortest && *took < *rule.rule.shortest) {
      alerts.push_back(alert_of(AlertKind::too_short, rule, of, run));
    } else {
      continue;
    }
    alerts.back().detail = fmt::format("took {} ms", *took);
  }
  return alerts;
}

}  // namespace ssblog
