// SPDX-License-Identifier: MIT
#include "board/judge.h"

#include "board/judge_runs.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace ssblog {
namespace {

constexpr Millis minute = 60'000;
/// Who was not heard of for so long before is not expected to be heard of.
constexpr Millis active_within = Millis{7} * 24 * 60 * minute;
/// A host that is connected sends what it has at once.
constexpr Millis connected_patience = minute / 2;
/// A run that begins a little before its time is the one that was scheduled then.
constexpr Millis early_by = 5 * minute;
/// Scheduled times that are looked at; one each ten seconds of a day are less.
constexpr std::size_t most_scheduled = 10'000;

class Judge {
 public:
  Judge(const StandingRule& rule, const WatchedRuns& runs, const NextScheduled& next, const SignsOfLife& life,
        const Patience& patience, Millis now)
      : rule_(rule),
        known_(runs),
        next_(next),
        life_(life),
        patience_(patience),
        now_(now),
        runs_(runs_that_count(rule, runs, now)) {}

  Judgement judge() {
    faults_ = faults_of_runs(rule_, known_.of, runs_, known_.more);
    if (!life_.sealed && !runs_.empty()) {
      look_for_endless();
      if (rule_.rule.every) look_by_interval(*rule_.rule.every);
      if (next_) look_by_calendar();
    }
    add_faults();
    add_recoveries();
    return std::move(result_);
  }

  Judgement judge_silence() {
    auto slot = next_ ? next_(rule_.made()) : std::nullopt;
    // What ran a little before the rule was made may have been for that.
    while (slot && counts_from(*slot, 0) <= rule_.made()) slot = next_(*slot);
    if (!life_.sealed && !known_.more && (rule_.rule.every || slot)) {
      const Millis due = (slot ? *slot : rule_.made() + *rule_.rule.every) + rule_.rule.grace;
      if (runs_.empty()) {
        result_.due = due;
        look_for_missing(AlertKind::silent, due, rule_.made());
      } else if (runs_.front().start() > due) {
        add_late(AlertKind::silent, due, rule_.made(), AlertReason::found_later);
      }
    }
    add_faults();
    add_recoveries();
    return std::move(result_);
  }

 private:
  /// A record of a run is signed a moment after it began.
  Millis settled(Millis due) const {
    const Millis wait = rule_.rule.every.value_or(0) + rule_.rule.grace;
    return due + std::clamp<Millis>(wait / 10, 1000, minute);
  }
  void wake_at(Millis time) {
    if (time > now_ && (!result_.wake || time < *result_.wake)) result_.wake = time;
  }

  /// True: others that we follow, as many as half of those that were active, gave a sign since then.
  bool hears_of_others_since(Millis time) const {
    const auto count = [&](Millis since) {
      return std::count_if(life_.others.begin(), life_.others.end(),
                           [&](Millis sign) { return sign >= since && sign <= now_ + 10 * minute; });
    };
    const auto heard = count(time);
    return heard > 0 && 2 * heard >= count(time - active_within);
  }

  /// What is known of a run that has to be there at `due`, and is not here; all runs that are here began before.
  Overdue weigh(Millis due) {
    if (now_ <= settled(due)) {
      wake_at(settled(due) + 1);
      return {due, Doubt::waiting, AlertReason::none};
    }
    if (life_.self_since) {
      const bool watched = *life_.self_since <= due;
      return {due, Doubt::none, watched ? AlertReason::job_absent : AlertReason::found_later};
    }
    if (life_.latest > settled(due)) return {due, Doubt::none, AlertReason::job_absent};
    const Millis patience = std::max(life_.behind ? patience_.behind : Millis{0},
                                     life_.connected ? connected_patience : patience_.not_seen);
    if (now_ <= settled(due) + patience) {
      wake_at(settled(due) + patience + 1);
      return {due, Doubt::waiting, AlertReason::none};
    }
    if (life_.connected) return {due, Doubt::none, AlertReason::job_absent};
    if (hears_of_others_since(due)) return {due, Doubt::none, AlertReason::host_not_seen};
    return {due, Doubt::cut_off, AlertReason::none};
  }

  /// True: the next run is overdue for sure.
  bool is_missing(Millis due) {
    if (now_ <= due) {
      wake_at(due + 1);
      return false;
    }
    result_.overdue = weigh(due);
    return result_.overdue->doubt == Doubt::none;
  }

  /// A run that has to be there at `due` is not here; `open`: of an earlier one it was told already.
  void look_for_missing(AlertKind kind, Millis due, Millis after, bool open = false) {
    const bool is_sure = is_missing(due);
    if (open) return;
    if (is_sure) return add_late(kind, due, after, result_.overdue->reason);
    if (result_.overdue && result_.overdue->doubt == Doubt::cut_off)
      result_.doubtful.push_back(absence(kind, due, after, AlertReason::cut_off));
  }

  void add_late(AlertKind kind, Millis due, Millis after, AlertReason reason) {
    faults_.push_back(absence(kind, due, after, reason));
  }

  AlertRecord absence(AlertKind kind, Millis due, Millis after, AlertReason reason) const {
    AlertRecord alert;
    alert.kind = kind;
    alert.rule = rule_.id;
    alert.of = known_.of;
    alert.due = due;
    alert.after = after;
    alert.reason = reason;
    return alert;
  }

  /// A run that began, and does not end.
  void look_for_endless() {
    if (!rule_.rule.longest) return;
    for (const KnownRun& run : runs_) {
      if (!run.began || run.ended) continue;
      const Millis due = run.start() + *rule_.rule.longest;
      if (now_ <= due) {
        wake_at(due + 1);
        continue;
      }
      const Overdue overdue = weigh(due);
      if (overdue.doubt != Doubt::none) continue;
      faults_.push_back(alert_of(AlertKind::too_long, rule_, known_.of, run));
      faults_.back().reason = overdue.reason;
      faults_.back().detail = "did not end";
    }
  }

  /// Of the runs after `after` the first that is clean.
  std::optional<Millis> clean_after(Millis after) const {
    for (const KnownRun& run : runs_) {
      if (run.start() > after && is_clean(run, rule_.rule)) return run.start();
    }
    return std::nullopt;
  }

  void look_by_interval(Millis every) {
    const Millis wait = every + rule_.rule.grace;
    Millis last = runs_.front().start();
    std::optional<Millis> open;  // it is late since then, and no good run came
    for (const KnownRun& run : runs_) {
      if (run.start() > last + wait && !open) {
        add_late(AlertKind::late, last + wait, last, AlertReason::found_later);
        open = last;
      }
      if (open && run.start() > *open && is_clean(run, rule_.rule)) open.reset();
      last = std::max(last, run.start());
    }
    result_.due = last + wait;
    look_for_missing(AlertKind::late, *result_.due, last, open.has_value());
  }

  /// Runs that begin from then on are for the scheduled time: a little before it, unless they are nearer to the one before,
  /// which is not before `from`. By the calendar alone: which run is the oldest that is known must not matter.
  Millis counts_from(Millis slot, Millis from) const {
    Millis previous = std::max(from, slot - 2 * early_by);
    for (auto at = next_(previous); at && *at < slot; at = next_(*at)) previous = *at;
    return slot - std::min(early_by, (slot - previous) / 2);
  }

  void look_by_calendar() {
    Millis from = 0;  // the scheduled time before; 0: not known
    auto slot = next_(runs_.front().start());
    for (std::size_t count = 0; slot && count < most_scheduled; ++count) {
      const Millis due = *slot + rule_.rule.grace;
      const Millis early = counts_from(*slot, from);
      const auto run =
          std::find_if(runs_.begin(), runs_.end(), [&](const KnownRun& one) { return one.start() >= early; });
      if (run == runs_.end()) {
        result_.due = due;
        look_for_missing(AlertKind::late, due, early - 1);
        return;  // the first that is missed tells, and no other before a good run
      }
      // All that is scheduled up to a run that is in time needs no other.
      Millis reached = run->start();
      if (run->start() > due) {
        // The later run shows that this one did not come; until a good one it is late.
        add_late(AlertKind::late, due, early - 1, AlertReason::found_later);
        const auto clean = clean_after(early - 1);
        if (!clean) return miss_last();
        reached = *clean;
      }
      from = *slot;
      slot = next_(*slot);
      if (slot && *slot <= reached) {
        from = 0;
        slot = next_(reached);
      }
    }
  }

  /// It ran since the alert, and never well: whether it is overdue is of its last runs alone.
  void miss_last() {
    const Millis last = runs_.back().start();
    const auto slot = next_(last + early_by);
    result_.due = slot ? std::optional(*slot + rule_.rule.grace) : std::nullopt;
    if (result_.due) is_missing(*result_.due);
  }

  void add_faults() {
    for (AlertRecord& fault : faults_) {
      if (fault.due >= now_ - longest_memory && fault.due >= 0 && fault.after >= 0)
        result_.alerts.push_back(std::move(fault));
    }
  }

  /// For each fault, of ours and of others, the run that ends it.
  void add_recoveries() {
    std::vector<std::pair<AlertId, Millis>> open;
    std::set<AlertId> over;
    for (const KnownAlert& known : known_.alerts) {
      if (known.over) over.insert(known.id);
      if (!known.over && known.alert.kind != AlertKind::recovered)
        open.emplace_back(known.id, known.alert.after);
    }
    for (const AlertRecord& fault : result_.alerts) open.emplace_back(id_of(fault), fault.after);
    std::vector<const KnownRun*> clean;
    for (const KnownRun& run : runs_) {
      if (is_clean(run, rule_.rule)) clean.push_back(&run);
    }
    // By their ends, as failures are: what ended first stays the first.
    std::sort(clean.begin(), clean.end(), [](const KnownRun* a, const KnownRun* b) {
      return std::tuple(a->ended.value_or(a->seen), a->first) <
             std::tuple(b->ended.value_or(b->seen), b->first);
    });
    std::set<Millis> told;
    for (const auto& [id, after] : open) {
      if (over.contains(id)) continue;
      const auto run = std::find_if(clean.begin(), clean.end(),
                                    [&, limit = after](const KnownRun* one) { return one->start() > limit; });
      if (run == clean.end() || !told.insert((*run)->start()).second) continue;
      result_.alerts.push_back(alert_of(AlertKind::recovered, rule_, known_.of, **run));
    }
  }

  const StandingRule& rule_;
  const WatchedRuns& known_;
  const NextScheduled& next_;
  const SignsOfLife& life_;
  const Patience& patience_;
  const Millis now_;
  const std::vector<KnownRun> runs_;
  std::vector<AlertRecord> faults_;
  Judgement result_;
};

}  // namespace

Judgement judge(const StandingRule& rule, const WatchedRuns& runs, const NextScheduled& next,
                const SignsOfLife& life, const Patience& patience, Millis now) {
  return Judge(rule, runs, next, life, patience, now).judge();
}

Judgement judge_silence(const StandingRule& rule, const WatchedRuns& runs, const NextScheduled& next,
                        const SignsOfLife& life, const Patience& patience, Millis now) {
  return Judge(rule, runs, next, life, patience, now).judge_silence();
}

}  // namespace ssblog
