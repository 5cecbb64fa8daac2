// SPDX-License-Identifier: MIT
#include "sim/alerts_world.h"

#include "board/scheduled.h"
#include "feed/contact.h"
#include "feed/event_content.h"
#include "sim/alerts_node.h"
#include "sim/copy_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <queue>

namespace ssblog::sim {
namespace {

constexpr Millis minute = 60'000, hour = 60 * minute, day = 24 * hour;
constexpr Millis step = 10 * minute;
constexpr std::size_t node_count = 5;
constexpr Millis grace = 3 * hour, longest = 6 * hour, shortest = minute;

/// Hours that the clocks of Berlin are ahead, from 2026 to 2027.
constexpr Millis berlin_offset(Millis utc) {
  constexpr Millis back_2026 = 1'792'890'000'000;     // 2026-10-25 01:00 UTC
  constexpr Millis forward_2027 = 1'806'195'600'000;  // 2027-03-28 01:00 UTC
  constexpr Millis back_2027 = 1'824'944'400'000;     // 2027-10-31 01:00 UTC
  return (utc < back_2026 || (utc >= forward_2027 && utc < back_2027)) ? 2 * hour : hour;
}

class AlertsWorld {
 public:
  explicit AlertsWorld(const AlertsOptions& options)
      : options_(options), random_(options.seed), now_(options.begin) {
    for (std::size_t i = 0; i < node_count; ++i) {
      std::array<std::uint8_t, 32> seed{};
      for (auto& byte : seed) byte = static_cast<std::uint8_t>(random_.next());
      auto store = memory_store();
      if (!store) std::abort();
      nodes_.push_back(std::make_unique<AlertsNode>(KeyPair::from_seed(seed), std::move(*store)));
      numbers_[nodes_.back()->id()] = i;
    }
  }

  AlertsOutcome run() {
    begin();
    for (int night = 1; night < options_.days; ++night) plan_night(night);
    const Millis end = options_.begin + options_.days * day;
    // The last day is calm, so that all is known to all.
    at(end - 6 * hour, [this] { calm(); });
    for (; now_ <= end; now_ += step) {
      while (!events_.empty() && events_.top().time <= now_) {
        const Event event = events_.top();
        events_.pop();
        event.call();
      }
      meet();
      watch();
    }
    count();
    return std::move(outcome_);
  }

 private:
  struct Event {
    Millis time;
    std::uint64_t order;
    std::function<void()> call;
    bool operator<(const Event& other) const {
      return std::tie(time, order) > std::tie(other.time, other.order);  // the earliest is on top
    }
  };
  void at(Millis time, std::function<void()> call) { events_.push({time, ++order_, std::move(call)}); }

  void say(const std::string& text) const {
    if (options_.trace == nullptr) return;
    const Millis local = now_ - options_.begin;
    fmt::print(options_.trace, "day {:3} {:02}:{:02} {}\n", local / day, local % day / hour,
               local % hour / minute, text);
  }

  void begin() {
    for (auto& node : nodes_) {
      node->switch_on(now_);
      for (auto& other : nodes_) {
        if (other != node) node->publish(follow_content(other->id(), true), now_);
      }
    }
    // Each job has a rule; some by the interval, some by the clock on the wall, some for two bad runs in a row.
    for (std::size_t i = 0; i < node_count; ++i) {
      Expectation& rule = rules_.emplace_back();
      rule.job = fmt::format("nightly-{}", i);
      rule.host = nodes_[i]->id();
      rule.grace = grace;
      rule.longest = longest;
      rule.shortest = shortest;
      rule.fail_after = i % 3 == 2 ? 2 : 1;
      if (i % 2 == 0) {
        rule.calendar = i == 0 ? "30 2 * * *" : "02:30";
        rule.zone = "Europe/Berlin";
        if (!scheduled_by(rule)) rule.calendar = rule.zone = "";
      }
      if (rule.calendar.empty()) rule.every = day;
      nodes_[random_.below(node_count)]->publish(expectation_content(rule), now_ + 1);
    }
    // The first night is well, so that all jobs are known.
    for (std::size_t i = 0; i < node_count; ++i) run_job(i, half_past_two(0), 20 * minute, 0);
    last_.assign(node_count, Night::good);
  }

  /// Of the night in which a day begins: 02:30 as the clocks on the wall show it, the first time where they do so twice; in
  /// the night that leaves it out at the change, as cron does.
  Millis half_past_two(int night) const {
    const Millis wall = options_.begin + berlin_offset(options_.begin) + night * day + 2 * hour + 30 * minute;
    const Millis before = berlin_offset(wall - 4 * hour);
    const Millis time = wall - before;
    return berlin_offset(time) > before ? time - 30 * minute : time;
  }

  void run_job(std::size_t host, Millis start, std::optional<Millis> duration, int status) {
    const JobRun run{"", rules_[host].job, "", fmt::format("{:016x}", ++run_)};
    at(start, [=, this] {
      if (!nodes_[host]->is_on()) return say(fmt::format("h{} is off and does not run its job", host));
      say(fmt::format("h{} runs", host));
      nodes_[host]->publish(job_start_content(run, start), start);
    });
    if (!duration) return;
    at(start + *duration, [=, this] {
      if (!nodes_[host]->is_on()) return;
      JobEnd end;
      end.status = status;
      end.duration = std::chrono::milliseconds(*duration);
      nodes_[host]->publish(job_end_content(run, end, start + *duration), start + *duration);
    });
  }

  void expect(std::size_t host, AlertKind kind, Millis from, Millis until) {
    faults_.push_back({host, kind, from, until});
    ++outcome_.faults;
  }

  void off(std::size_t host, Millis from, Millis until) {
    at(from, [=, this] {
      say(fmt::format("h{} goes off", host));
      nodes_[host]->switch_off();
      changed();
    });
    at(until, [=, this] {
      if (nodes_[host]->is_on()) return;
      say(fmt::format("h{} is on again", host));
      nodes_[host]->switch_on(now_);
      changed();
    });
  }

  /// Hosts of a group see each other alone.
  void cut(const std::set<std::size_t>& group, Millis from, Millis until) {
    at(from, [=, this] {
      say("the network is cut");
      for (std::size_t i = 0; i < node_count; ++i) group_[i] = group.contains(i) ? 1 : 0;
      changed();
    });
    at(until, [=, this] {
      say("the network is whole");
      group_.fill(0);
      changed();
    });
  }

  void calm() {
    group_.fill(0);
    for (auto& node : nodes_) {
      if (!node->is_on()) node->switch_on(now_);
    }
    changed();
  }

  /// Who is connected changed.
  void changed() {
    for (auto& node : nodes_) node->note_change();
  }

  /// What befalls the jobs of a night, and the hosts on the day before it. Behind each fault comes a good night.
  void plan_night(int night) {
    const Millis time = half_past_two(night), due = time + grace;
    const bool is_last = night + 2 >= options_.days;
    const Millis morning = time + 12 * hour;
    // One good run ends all that is open: behind a fault a cut would not be counted.
    bool all_here = std::all_of(last_.begin(), last_.end(), [](Night what) { return what == Night::good; });
    for (std::size_t host = 0; host < node_count; ++host) {
      Night what = Night::good;
      if (twice_.contains(host)) {
        what = Night::fails;  // the second one of two
      } else if (last_[host] == Night::good && !is_last && random_.chance(18)) {
        what = static_cast<Night>(
            random_.between(static_cast<int>(Night::a_bit_late), static_cast<int>(Night::host_off)));
      }
      if (what == Night::fails_twice) what = Night::fails;
      plan(host, what, time, due);
      all_here = all_here && what == Night::good;
      last_[host] = what == Night::a_bit_late || twice_.contains(host) ? Night::good : what;
    }
    if (all_here && !is_last && last_night_cut_ + 1 < night && random_.chance(15)) {
      plan_cut(time, due);
      last_night_cut_ = night;
    } else if (!is_last) {
      plan_day(morning);
    }
  }

  void plan(std::size_t host, Night what, Millis time, Millis due) {
    const Millis start = time + random_.between(0, 3 * minute);
    const Millis usual = random_.between(10, 40) * minute;
    switch (what) {
      case Night::a_bit_late:
        return run_job(host, time + random_.between(20, 80) * minute, usual, 0);
      case Night::absent:
        return expect(host, AlertKind::late, due - 2 * hour, due + 2 * hour);
      case Night::fails:
      case Night::fails_twice:
        run_job(host, start, usual, 1);
        if (rules_[host].fail_after == 1 || twice_.erase(host) > 0) {
          expect(host, AlertKind::failed, start, start);
        } else {
          twice_.insert(host);
        }
        return;
      case Night::hangs:
        run_job(host, start, longest + hour, 0);
        return expect(host, AlertKind::too_long, start, start);
      case Night::never_ends:
        run_job(host, start, std::nullopt, 0);
        return expect(host, AlertKind::too_long, start, start);
      case Night::too_short:
        run_job(host, start, 10'000, 0);
        return expect(host, AlertKind::too_short, start, start);
      case Night::host_off:
        off(host, time - random_.between(1, 4) * hour, time + random_.between(4, 8) * hour);
        return expect(host, AlertKind::late, due - 2 * hour, due + 2 * hour);
      case Night::good:
      case Night::cut_off:
        return run_job(host, start, usual, 0);
    }
  }

  /// Two hosts are cut off from the three others for the whole night. All run their jobs; the three cannot know that of the
  /// two, and the two know that they are the fewer.
  void plan_cut(Millis time, Millis due) {
    std::set<std::size_t> group;
    while (group.size() < 2) group.insert(random_.below(node_count));
    cut(group, time - 2 * hour, due + 6 * hour);
    for (const std::size_t host : group) expect(host, AlertKind::late, due - 2 * hour, due + 2 * hour);
  }

  /// By day hosts go off and come back as they like, all of them at once, too, and the network is cut anywhere.
  void plan_day(Millis morning) {
    for (std::size_t host = 0; host < node_count; ++host) {
      // A run that hangs must not be ended by that.
      if (last_[host] == Night::hangs || !random_.chance(40)) continue;
      const Millis from = morning + random_.between(0, 120) * minute;
      off(host, from, from + random_.between(10, 360) * minute);
    }
    if (random_.chance(30)) {
      const Millis from = morning + random_.between(0, 120) * minute;
      cut({random_.below(node_count), random_.below(node_count)}, from,
          from + random_.between(10, 300) * minute);
    }
  }

  bool connected(std::size_t a, std::size_t b) const {
    return a != b && nodes_[a]->is_on() && nodes_[b]->is_on() && group_[a] == group_[b];
  }

  void meet() {
    for (bool more = true; more;) {
      more = false;
      for (std::size_t a = 0; a < node_count; ++a) {
        for (std::size_t b = 0; b < node_count; ++b) {
          if (connected(a, b) && nodes_[a]->copy_from(*nodes_[b], now_)) more = true;
        }
      }
    }
  }

  void watch() {
    for (std::size_t i = 0; i < node_count; ++i) {
      if (!nodes_[i]->is_on() || !nodes_[i]->has_to_look(now_)) continue;
      std::vector<FeedId> hosts;
      for (std::size_t other = 0; other < node_count; ++other) {
        if (connected(i, other)) hosts.push_back(nodes_[other]->id());
      }
      ++outcome_.looks;
      const std::size_t made = nodes_[i]->watch(hosts, now_);
      if (made > 0) say(fmt::format("h{} makes {} alerts", i, made));
      outcome_.messages += made;
    }
  }

  void wrong(const std::string& text) { outcome_.wrong.push_back(text); }

  /// Every host has the same ids: one for each fault, one for each recovery, and no others.
  void count() {
    std::set<AlertId> all;
    for (std::size_t i = 0; i < node_count; ++i) {
      auto alerts = AlertBook(nodes_[i]->store(), nodes_[i]->id()).alerts(0);
      if (!alerts) std::abort();
      std::set<AlertId> ids;
      for (const KnownAlert& known : *alerts) ids.insert(known.id);
      if (i == 0) {
        all = ids;
        hold_against_plan(*alerts);
      } else if (ids != all) {
        wrong(fmt::format("h{} knows {} alerts, h0 {}", i, ids.size(), all.size()));
      }
    }
    outcome_.ids = all.size();
  }

  void hold_against_plan(const std::vector<KnownAlert>& alerts) {
    std::vector<std::size_t> found(faults_.size()), recovered(node_count), broken(node_count);
    for (const KnownAlert& known : alerts) {
      const AlertRecord& alert = known.alert;
      const std::size_t host = numbers_.at(alert.of.host);
      if (alert.kind == AlertKind::recovered) {
        ++recovered[host];
        continue;
      }
      if (!known.over) wrong("still open: " + text_of(alert));
      if (alert.kind == AlertKind::late) ++outcome_.reasons[std::string(word_of(alert.reason))];
      const auto fault = std::find_if(faults_.begin(), faults_.end(), [&](const PlantedFault& one) {
        return one.host == host && one.kind == alert.kind && alert.due >= one.from && alert.due <= one.until;
      });
      if (fault == faults_.end()) {
        wrong("without cause: " + text_of(alert));
      } else {
        ++found[static_cast<std::size_t>(fault - faults_.begin())];
      }
    }
    for (std::size_t i = 0; i < faults_.size(); ++i) {
      ++broken[faults_[i].host];
      if (found[i] != 1)
        wrong(fmt::format("{} alerts for: {} of h{} on day {}", found[i], word_of(faults_[i].kind),
                          faults_[i].host, (faults_[i].from - options_.begin) / day));
    }
    for (std::size_t host = 0; host < node_count; ++host) {
      if (recovered[host] != broken[host])
        wrong(fmt::format("h{} had {} faults, and recovered {} times", host, broken[host], recovered[host]));
    }
  }

  std::string text_of(const AlertRecord& alert) const {
    const Millis since = alert.due - options_.begin;
    return fmt::format("{} of h{}, due on day {} at {:02}:{:02} {}", word_of(alert.kind),
                       numbers_.at(alert.of.host), since / day, since % day / hour, since % hour / minute,
                       word_of(alert.reason));
  }

  const AlertsOptions options_;
  Random random_;
  Millis now_;
  std::vector<std::unique_ptr<AlertsNode>> nodes_;
  std::map<FeedId, std::size_t> numbers_;
  std::vector<Expectation> rules_;
  std::array<int, node_count> group_{};
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0, run_ = 0;
  std::vector<Night> last_;
  std::set<std::size_t> twice_;  ///< hosts whose job has to fail once more
  int last_night_cut_ = 0;
  std::vector<PlantedFault> faults_;
  AlertsOutcome outcome_;
};

}  // namespace

AlertsOutcome run_alerts_world(const AlertsOptions& options) { return AlertsWorld(options).run(); }

}  // namespace ssblog::sim
