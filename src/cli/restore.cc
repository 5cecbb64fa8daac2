// SPDX-License-Identifier: MIT
#include "cli/settings.h"
#include "store/publish.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

struct RestoreOptions {
  std::optional<std::string> path;
  bool force = false;
  bool never_published = false;
};

/// By the user's word: from now on this machine has the guard, whatever another one said.
Result<int> end_hold(Store& store, const Settings& settings, const KeyPair& keys) {
  {
    auto batch = Batch::begin(store, Durability::full);
    if (!batch) return batch.error();
    if (auto begun = begin_guard(*batch, settings.home); !begun) return begun.error();
    if (auto done = batch->commit(clock_now()); !done) return done.error();
  }
  auto guard = guard_of(store, settings.home, keys.id());
  if (!guard) return guard.error();
  auto published = Publisher(store, keys, settings.hmac(), std::move(*guard)).force(clock_now());
  if (!published) return published.error();
  return 0;
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
  auto hold = publisher.hold();
  if (!hold) return hold.error();
  auto own = store->feed(keys->id());
  if (!own) return own.error();
  const bool did_publish = *hold != Hold::key_imported || (*own && (*own)->tip);
  if (wanted.never_published && *hold != Hold::none && did_publish) {
    return Error{Code::usage,
                 fmt::format("this key did publish: {}; see `man ssblog-restore` before you use --force",
                             explain(*hold))};
  }
  if (*hold != Hold::none && (wanted.force || wanted.never_published)) {
    if (auto ended = end_hold(*store, *settings, *keys); !ended) return ended;
  } else if (*hold == Hold::none) {
    // Signs what a hold that ended by itself left in the spool.
    if (auto published = publisher.publish({}, clock_now()); !published) return published.error();
  } else {
    print(fmt::format(
        "publishing is held: {}\n"
        "new lines are kept and signed later; bring the missing messages back with `ssblog import`, or see\n"
        "`man ssblog-restore`\n",
        explain(*hold)));
    return done(static_cast<int>(Code::busy));
  }
  print("publishing is not held\n");
  return done();
}

}  // namespace

Result<int> run_restore(const Words& words) {
  Options options(
      "restore",
      "Says whether publishing is held, and why (exit 75 while it is). While it is held, lines are kept "
      "and signed later; nothing is lost. Bring the missing messages back with `ssblog import BUNDLE`.",
      "  ssblog restore\n"
      "  ssblog restore --force    # only if no other host can have messages that are missing here");
  RestoreOptions wanted;
  bool status = false;
  options.value("--path DIR", wanted.path, "Home of this host");
  options.flag("--status", status, "Only say it (the default)");
  options.flag("--never-published", wanted.never_published,
               "End the hold of an imported key that never signed a message");
  options.flag("--force", wanted.force,
               "End any hold. If a message is missing here, the feed forks, for good");
  options.excludes("--force", "--status");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  return restore(wanted);
}

}  // namespace ssblog
