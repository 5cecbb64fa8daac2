// SPDX-License-Identifier: MIT
#include "board/watch.h"

#include "board/scheduled.h"
#include "store/forks.h"
#include "store/peer_book.h"
#include "store/rebase.h"
#include "store/successors.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ssblog {
namespace {

constexpr std::size_t most_watched_jobs =
    1000;                                     // of a feed: one that invents names must not cost us all time
constexpr std::size_t most_identities = 100;  // of one host, one after the other

class Look {
 public:
  Look(Store& store, const Watcher& watcher, Millis now)
      : store_(store), watcher_(watcher), now_(now), book_(store, watcher.own), runs_(store) {}

  Result<WatchReport> over() {
    auto rules = book_.rules();
    if (!rules) return rules.error();
    if (rules->empty()) return std::move(report_);
    if (auto read = read_all(); !read) return read.error();
    for (const StandingRule& rule : *rules) {
      auto next = scheduled_by(rule.rule);
      // A machine that does not know the zone is no judge of that rule; others are.
      if (!next) continue;
      if (auto looked = look_at(rule, *next); !looked) return looked.error();
    }
    return std::move(report_);
  }

 private:
  struct HostJobs {
    FeedRow row;
    std::vector<JobOfFeed> jobs;
    SignsOfLife life;
  };

  Result<void> read_all() {
    auto trusted = book_.trusted();
    if (!trusted) return trusted.error();
    trusted_ = std::move(*trusted);
    auto claims = PeerBook(store_).most_claimed();
    if (!claims) return claims.error();
    claims_ = std::move(*claims);
    auto successions = all_successions(store_);
    if (!successions) return successions.error();
    for (const Succession& one : *successions)
      successors_[one.statement.supersedes] = one.statement.successor;
    auto before = predecessor(store_);
    if (!before) return before.error();
    if (*before) successors_.try_emplace(**before, watcher_.own);
    auto alerts = book_.alerts(now_ - longest_memory);
    if (!alerts) return alerts.error();
    for (KnownAlert& alert : *alerts) alerts_[{alert.alert.rule, alert.alert.of}].push_back(std::move(alert));
    return {};
  }

  Result<void> look_at(const StandingRule& rule, const NextScheduled& next) {
    if (rule.rule.host) {
      // Whose feed was given up runs its jobs under the new one. Owners that name each other must not hold us for ever.
      FeedId host = *rule.rule.host;
      for (std::size_t count = 0; count < most_identities; ++count) {
        const auto successor = successors_.find(host);
        if (successor == successors_.end()) break;
        host = successor->second;
      }
      return look_at_host(rule, next, host);
    }
    for (const FeedRow& row : trusted_) {
      if (successors_.contains(row.id)) continue;
      if (auto looked = look_at_host(rule, next, row.id); !looked) return looked;
    }
    return {};
  }

  Result<void> look_at_host(const StandingRule& rule, const NextScheduled& next, const FeedId& id) {
    auto host = find_host(id);
    if (!host) return host.error();
    WatchedRuns all;  // of all its jobs that the rule is about
    all.of = {id, rule.rule.job, rule.rule.source, rule.rule.destination};
    bool has_job = false;
    for (const JobOfFeed& job : (*host)->jobs) {
      if (job.job != rule.rule.job || (!rule.rule.source.empty() && job.source != rule.rule.source) ||
          (!rule.rule.destination.empty() && job.destination != rule.rule.destination))
        continue;
      has_job = true;
      auto runs = read_runs(rule, job, id);
      if (!runs) return runs.error();
      all.more = all.more || runs->more;
      all.newest_first.insert(all.newest_first.end(), runs->newest_first.begin(), runs->newest_first.end());
      auto judged = judge(rule, *runs, next, (*host)->life, watcher_.patience, now_);
      if (auto taken = take(rule, runs->of, !runs->newest_first.empty(), runs->alerts, std::move(judged));
          !taken)
        return taken;
    }
    if (!has_job && !rule.rule.host) return {};
    all.alerts = alerts_[{rule.id, all.of}];
    auto judged = judge_silence(rule, all, next, (*host)->life, watcher_.patience, now_);
    return take(rule, all.of, !all.newest_first.empty(), all.alerts, std::move(judged));
  }

  Result<HostJobs*> find_host(const FeedId& id) {
    const auto [at, is_new] = hosts_.try_emplace(id);
    HostJobs& host = at->second;
    if (!is_new) return &host;
    auto row = store_.feed(id);
    if (!row) return row.error();
    if (*row && (*row)->tip) {
      host.row = **row;
      bool more = false;
      auto jobs = runs_.jobs(host.row.number, most_watched_jobs, more);
      if (!jobs) return jobs.error();
      host.jobs = std::move(*jobs);
    }
    SignsOfLife& life = host.life;
    if (id == watcher_.own) life.self_since = watcher_.since.value_or(now_);
    life.latest = clamp_time(host.row.timestamp);
    life.connected = watcher_.connected.contains(id);
    const auto claim = claims_.find(id);
    life.behind = claim != claims_.end() && claim->second > (host.row.tip ? host.row.tip->sequence : 0);
    auto forked = ForkBook(store_).is_forked(id);
    if (!forked) return forked.error();
    life.sealed = *forked;
    for (const FeedRow& other : trusted_) {
      if (other.id == id || other.id == watcher_.own || successors_.contains(other.id)) continue;
      life.others.push_back(watcher_.connected.contains(other.id) ? now_ : clamp_time(other.timestamp));
    }
    return &host;
  }

  Result<WatchedRuns> read_runs(const StandingRule& rule, const JobOfFeed& job, const FeedId& id) {
    auto runs = runs_.last_runs(job, most_judged_runs + 1, RunBook::Latest::left_out);
    if (!runs) return runs.error();
    std::erase_if(*runs, [&](const KnownRun& run) { return run.start() < rule.made(); });
    WatchedRuns watched;
    watched.of = {id, job.job, job.source, job.destination};
    watched.more = runs->size() > most_judged_runs;
    if (watched.more) runs->resize(most_judged_runs);
    watched.newest_first = std::move(*runs);
    watched.alerts = alerts_[{rule.id, watched.of}];
    return watched;
  }

  Result<void> take(const StandingRule& rule, const WatchedJob& of, bool ran,
                    const std::vector<KnownAlert>& known, Judgement judged) {
    if (judged.wake && (!report_.wake || *judged.wake < *report_.wake)) report_.wake = judged.wake;
    report_.standings.push_back({rule, of, ran, judged.overdue, judged.due});
    for (AlertRecord& alert : judged.doubtful) {
      auto there = book_.knows(id_of(alert));
      if (!there) return there.error();
      if (!*there && seen_.insert(id_of(alert)).second) report_.doubtful.push_back(std::move(alert));
    }
    for (AlertRecord& alert : judged.alerts) {
      const AlertId id = id_of(alert);
      const bool is_known =
          std::any_of(known.begin(), known.end(), [&](const KnownAlert& one) { return one.id == id; });
      // What ends a silence may end something else of the same job.
      if (is_known || !seen_.insert(id).second) continue;
      // One that was made long ago is not among those that were read.
      auto there = book_.knows(id);
      if (!there) return there.error();
      // That it runs well again is news only to who heard of the fault.
      const bool ends_one = std::any_of(known.begin(), known.end(), [&](const KnownAlert& one) {
        return !one.over && one.alert.after < alert.due;
      });
      if (*there || (alert.kind == AlertKind::recovered && !ends_one)) continue;
      report_.missing.push_back(std::move(alert));
    }
    return {};
  }

  Store& store_;
  const Watcher& watcher_;
  const Millis now_;
  AlertBook book_;
  RunBook runs_;
  std::vector<FeedRow> trusted_;
  std::map<FeedId, Seq> claims_;
  std::map<FeedId, FeedId> successors_;
  std::map<std::pair<RuleId, WatchedJob>, std::vector<KnownAlert>> alerts_;
  std::map<FeedId, HostJobs> hosts_;
  std::set<AlertId> seen_;
  WatchReport report_;
};

}  // namespace

Watcher onlooker(const FeedId& own, Millis not_seen, const std::optional<DaemonState>& daemon) {
  Watcher watcher;
  watcher.own = own;
  watcher.since = 0;
  watcher.patience.not_seen = not_seen;
  for (const PeerState& peer : daemon ? daemon->peers : std::vector<PeerState>()) {
    if (peer.state == "connected") watcher.connected.insert(peer.id);
  }
  return watcher;
}

Result<WatchReport> look_over(Store& store, const Watcher& watcher, Millis now) {
  auto snapshot = ReadTransaction::begin(store.database());
  if (!snapshot) return snapshot.error();
  return Look(store, watcher, now).over();
}

KnownAlert doubtful_alert(AlertRecord alert, const FeedId& own, Millis made) {
  const AlertId id = id_of(alert);
  return {id, std::move(alert), own, made, false};
}

}  // namespace ssblog
