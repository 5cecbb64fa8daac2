// SPDX-License-Identifier: MIT
// cli/alerts.cc - shows the alerts of all hosts, follows them, tells of them by a command or on the desktop.
#include "assemble/alert_text.h"
#include "assemble/time_text.h"
#include "board/watch.h"
#include "cli/alert_teller.h"
#include "cli/follow_store.h"
#include "cli/own_feed.h"
#include "cli/units.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <set>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto default_since = std::chrono::hours(24);
constexpr auto follow_pause = 10s;  // what is late comes with the time
constexpr auto longest_since = std::chrono::hours(366 * 24);

struct AlertsOptions {
  std::optional<std::string> command, since, path;
  bool follow = false, desktop = false, all = false, json = false;
};

class Shower {
 public:
  Shower(Store& store, const Settings& settings, const FeedId& own, const AlertsOptions& wanted, Millis since)
      : store_(store), settings_(settings), own_(own), wanted_(wanted), since_(since) {
    ways_.command = wanted.command.value_or("");
    ways_.desktop = wanted.desktop;
  }

  /// Those that stand and are open; all of them made since then if they are wanted.
  Result<void> show() {
    auto alerts = AlertBook(store_, own_).alerts_of_rules(since_);
    if (!alerts) return alerts.error();
    if (auto looked = look_for_doubtful(); !looked) return looked;
    for (const AlertRecord& alert : doubtful_) alerts->push_back(doubtful_alert(alert, own_, clock_now()));
    std::size_t count = 0;
    for (KnownAlert& known : *alerts) {
      const bool is_new = seen_.insert(known.id).second;
      if (!is_new || (!following_ && known.over && !wanted_.all)) continue;
      if (auto shown = show_one(std::move(known)); !shown) return shown;
      ++count;
    }
    if (count == 0 && !following_ && !wanted_.json && !wanted_.follow) say("there are no open alerts");
    return {};
  }

  Result<void> tell() {
    if (!ways_.any()) return {};
    const auto before = std::signal(SIGPIPE, SIG_IGN);  // a command that does not read its stdin
    auto told =
        tell_alerts(store_, own_, ways_, since_, doubtful_, [](const std::string& text) { say(text); });
    std::signal(SIGPIPE, before);
    return told;
  }

  /// Until a signal says so, or nobody reads it any more.
  Result<void> follow() {
    following_ = true;
    ways_.stopped = told_to_stop;
    const auto round = [this]() -> Result<void> {
      if (auto shown = show(); !shown) return shown;
      if (auto out = done(); !out) return out.error();
      return tell();
    };
    return follow_store(store_, STDOUT_FILENO, round, RoundWaits::heedful, follow_pause);
  }

 private:
  /// What this host cannot tell from a cut of its own network nobody signs: it is looked for here. That goes through the
  /// runs of all jobs, so not with each message that comes.
  Result<void> look_for_doubtful() {
    const auto now = std::chrono::steady_clock::now();
    if (looked_ && now - *looked_ < follow_pause) return {};
    looked_ = now;
    auto daemon = read_daemon_state(settings_.home);
    if (!daemon) return daemon.error();
    auto report = look_over(store_, onlooker(own_, settings_.alerts.patience.count(), *daemon), clock_now());
    if (!report) return report.error();
    doubtful_ = std::move(report->doubtful);
    return {};
  }

  Result<void> show_one(KnownAlert known) {
    auto shown = shown_alert(store_, std::move(known));
    if (!shown) return shown.error();
    if (wanted_.json) {
      print(alert_json(*shown) + "\n");
      return {};
    }
    std::string text;
    append_utc_time(text, shown->known.made);
    print(fmt::format("{} {}\n", text, alert_line(*shown)));
    return {};
  }

  Store& store_;
  const Settings& settings_;
  const FeedId own_;
  const AlertsOptions& wanted_;
  const Millis since_;
  TellWays ways_;
  std::set<AlertId> seen_;
  std::vector<AlertRecord> doubtful_;
  std::optional<std::chrono::steady_clock::time_point> looked_;
  bool following_ = false;
};

Result<int> run_shower(const AlertsOptions& wanted) {
  auto back = wanted.since ? parse_duration("--since", *wanted.since, 1s, longest_since)
                           : Result<std::chrono::milliseconds>(default_since);
  if (!back) return back.error();
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  auto keys = load_keys(settings->home);
  if (!keys) return keys.error();
  const bool tells = wanted.command || wanted.desktop;
  auto store = tells ? open_own_store(settings->home) : open_to_read(settings->home);
  if (!store) return store.error();
  Shower shower(*store, *settings, keys->id(), wanted, clock_now() - back->count());
  if (auto shown = shower.show(); !shown) return shown.error();
  if (auto out = done(); !out) return out;
  auto told = wanted.follow ? shower.follow() : shower.tell();
  if (!told) return told.error();
  return done();
}

}  // namespace

Result<int> run_alerts(const Words& words) {
  Options options(
      "alerts",
      "The alerts that hosts made of jobs that do not run as a rule wants (see `ssblog expect`): those "
      "that are open, the oldest first. An alert is over when the job ran well again, or when its rule "
      "was taken back.",
      "  ssblog alerts -f --desktop\n"
      "  ssblog alerts -f --exec 'mail -s \"$SSBLOG_ALERT_TEXT\" root'");
  AlertsOptions wanted;
  options.flag("-f,--follow", wanted.follow, "Go on with those that come in");
  options.value(
      "--exec CMD", wanted.command,
      "Have /bin/sh run CMD for each, once on this host; the alert is in its environment and, as JSON, "
      "on its stdin");
  options.flag("--desktop", wanted.desktop, "Show each on the desktop, once on this host");
  options.flag("-a,--all", wanted.all, "Those that are over, too");
  options.value("--since TIME", wanted.since,
                "How far --all, --exec and --desktop look back, as 2h or 7d (24h)");
  options.flag("--json", wanted.json, "One JSON object a line");
  options.value("--path DIR", wanted.path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (wanted.command && wanted.command->empty())
    return Error{Code::usage, "--exec: say a command for /bin/sh"};
  return run_shower(wanted);
}

}  // namespace ssblog
