// SPDX-License-Identifier: MIT
#include "cli/hold_text.h"
#include "cli/settings.h"
#include "store/backup.h"
#include "store/daemon_door.h"
#include "store/publish.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

struct RestoreOptions {
  std::optional<std::string> path, from;
  bool system = false;
  bool status = false;
  bool json = false;
  bool force = false;
  bool never_published = false;
};

/// By the user's word: from now on this machine has the guard, whatever another one said.
Result<void> end_hold(Store& store, const Settings& settings, const KeyPair& keys) {
  {
    auto batch = Batch::begin(store, Durability::full);
    if (!batch) return batch.error();
    if (auto begun = begin_guard(*batch, settings.home); !begun) return begun;
    if (auto done = batch->commit(clock_now()); !done) return done;
  }
  auto guard = guard_of(store, settings.home, keys.id());
  if (!guard) return guard.error();
  auto published = Publisher(store, keys, settings.hmac(), std::move(*guard)).force(clock_now());
  if (!published) return published.error();
  return {};
}

/// By the user's word there is no other copy of this host any more. What else holds publishing, holds on: the copy may
/// have signed what is not here.
Result<void> end_clone(Store& store) {
  auto batch = Batch::begin(store, Durability::full);
  if (!batch) return batch.error();
  if (auto dropped = drop_copy(*batch); !dropped) return dropped;
  return batch->commit(clock_now());
}

/// A home out of a file of `backup`.
Result<int> lay_out(const RestoreOptions& wanted) {
  auto facts = read_backup(*wanted.from);
  if (!facts) return facts.error();
  // Before anything is made: a home that cannot be used is no help.
  if (auto settings = parse_settings(facts->files.config, "the config.toml of the backup"); !settings)
    return settings.error();
  const Home home = home_to_make(wanted.path, wanted.system);
  if (auto laid_out = lay_out_backup(*wanted.from, *facts, home, clock_now()); !laid_out)
    return laid_out.error();
  print(to_text(facts->own) + "\n");
  say(fmt::format("{} is the home of this host again, as it was at message {}", home.directory,
                  facts->messages));
  say("publishing is held until it is known what was signed after the backup: run the daemon where the other "
      "hosts "
      "can be reached, and see `ssblog restore --status`");
  return done();
}

Result<int> show(const HoldReport& report, const FeedId& own, bool json) {
  print(json ? hold_json(report, own) : hold_text(report, own));
  return done(report.hold == Hold::none ? 0 : static_cast<int>(Code::busy));
}

Result<int> restore(const RestoreOptions& wanted) {
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  auto keys = load_keys(settings->home);
  if (!keys) return keys.error();
  auto store = open_own_store(settings->home);
  if (!store) return store.error();
  auto guard = guard_of(*store, settings->home, keys->id());
  if (!guard) return guard.error();
  Publisher publisher(*store, *keys, settings->hmac(), std::move(*guard));
  auto report = publisher.report();
  if (!report) return report.error();
  if (wanted.status || wanted.json) return show(*report, keys->id(), wanted.json);
  const Hold hold = report->hold;
  if (wanted.never_published && hold != Hold::none && (hold != Hold::key_imported || report->facts.tip > 0)) {
    return Error{Code::usage,
                 fmt::format("this key did publish: {}; see `man ssblog-restore` before you use --force",
                             explain(hold))};
  }
  if (hold == Hold::superseded && (wanted.force || wanted.never_published))
    return Error{Code::data, fmt::format("{}: {}", explain(hold), way_out(hold))};
  if (report->fork && (wanted.force || wanted.never_published))
    return Error{Code::data, fmt::format("{}; that does not end: the way out is `ssblog id new --supersedes`",
                                         fork_text(*report->fork))};
  if (hold == Hold::cloned && wanted.force) {
    if (auto ended = end_clone(*store); !ended) return ended.error();
    auto published = publisher.publish({}, clock_now());
    if (!published) return published.error();
    if (published->held != Hold::none) {
      tell_daemon(settings->home);
      auto left = publisher.report();
      if (!left) return left.error();
      say("the word of another copy is forgotten; publishing is still held for another reason");
      return show(*left, keys->id(), false);
    }
  } else if (hold != Hold::none && (wanted.force || wanted.never_published)) {
    if (auto ended = end_hold(*store, *settings, *keys); !ended) return ended.error();
  } else if (hold == Hold::none) {
    // Signs what a hold that ended by itself left in the spool.
    if (auto published = publisher.publish({}, clock_now()); !published) return published.error();
  } else {
    return show(*report, keys->id(), false);
  }
  // What was signed goes to other hosts now: a daemon that only sees the file change may look before it is committed.
  tell_daemon(settings->home);
  print("publishing is not held\n");
  return done();
}

}  // namespace

Result<int> run_restore(const Words& words) {
  Options options(
      "restore",
      "Says whether publishing is held, why, and what ends that (exit 75 while it is). While it is held, "
      "lines "
      "are kept and signed later; nothing is lost. With --from: makes the home of this host out of a file of "
      "`ssblog backup`.",
      "  ssblog restore --status\n"
      "  ssblog restore --from /media/stick/nas.backup");
  RestoreOptions wanted;
  options.value("--path DIR", wanted.path, "Home of this host");
  options.value("--from FILE", wanted.from, "Lay out a backup; publishing is then held until it is safe");
  options.flag("--system", wanted.system, "Lay it out as the home of the system, /var/lib/ssblog");
  options.flag("--status", wanted.status, "Only say it; sign nothing");
  options.flag("--json", wanted.json, "The same as a JSON object");
  options.flag("--never-published", wanted.never_published,
               "End the hold of an imported key that never signed a message");
  options.flag(
      "--force", wanted.force,
      "End any hold. If a message is missing here, the feed forks, for good. Where another copy of this "
      "host was met, end that hold alone");
  options.needs("--system", "--from");
  options.excludes("--system", "--path");
  for (const char* other : {"--status", "--json"}) {
    options.excludes("--force", other);
    options.excludes("--never-published", other);
    options.excludes("--from", other);
  }
  options.excludes("--from", "--force");
  options.excludes("--from", "--never-published");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  return wanted.from ? lay_out(wanted) : restore(wanted);
}

}  // namespace ssblog
