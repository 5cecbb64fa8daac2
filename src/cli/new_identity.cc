// SPDX-License-Identifier: MIT
#include "cli/new_identity.h"

#include "intake/carry_positions.h"
#include "store/daemon_door.h"
#include "store/files.h"
#include "store/publish.h"
#include "store/rebase.h"
#include "store/successors.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace ssblog {
namespace {

std::string next_secret(const Home& home) { return home.secret_path() + ".next"; }
std::string kept_secret(const Home& home, const FeedId& id) {
  return fmt::format("{}.superseded-{}", home.secret_path(), short_id(id));
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0 || errno != ENOENT; }

/// No daemon may sign meanwhile, and none may begin.
Result<DaemonLock> lock_out_daemons(const Home& home) {
  auto lock = DaemonLock::take(home);
  if (lock || lock.error().code != Code::busy) return lock;
  const auto process = DaemonLock::holder(home);
  return Error{
      Code::busy,
      fmt::format("the daemon runs{}: stop it (`systemctl stop ssblog`, or end it as you started it), run "
                  "this again, and start it again then",
                  process ? fmt::format(" (pid {})", *process) : "")};
}

/// What a call that was killed while it wrote the new secret left behind: it was never in use.
void remove_unfinished(const Home& home) {
  const std::string beginning = std::filesystem::path(next_secret(home)).filename().string() + ".new-";
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(home.directory, failed)) {
    if (entry.path().filename().string().starts_with(beginning))
      std::filesystem::remove(entry.path(), failed);
  }
}

/// The pair that this home gets: the one that an interrupted call made, or a new one.
Result<KeyPair> settle_next(const Home& home) {
  const std::string path = next_secret(home);
  remove_unfinished(home);
  if (!exists(path)) {
    const KeyPair fresh = KeyPair::generate();
    auto created = create_file(path, format_secret_file(fresh), S_IRUSR | S_IWUSR, OwnedBy::directory);
    if (!created) return created.error();
  }
  return load_secret_file(path);
}

/// A new feed has its guard before its secret: a feed without one is a copy.
Result<void> write_guard(Store& store, const Home& home, const FeedId& id) {
  auto guard = guard_of(store, home, id);
  if (!guard) return guard.error();
  auto record = guard->read();
  if (!record) return record.error();
  if (*record) return {};
  auto row = store.feed(id);
  if (!row) return row.error();
  auto store_id = store.id();
  if (!store_id) return store_id.error();
  const FeedState tip = *row && (*row)->tip ? *(*row)->tip : FeedState{};
  auto machine = this_machine();
  if (!machine) return machine.error();
  return guard->write({tip.sequence, tip.key, *store_id, *machine});
}

/// The old secret under another name, for good: it is never the only copy that goes.
Result<void> keep_secret(const Home& home, const FeedId& old) {
  const std::string kept = kept_secret(home, old);
  if (::link(home.secret_path().c_str(), kept.c_str()) != 0) {
    if (errno != EEXIST) return file_error("create", kept, errno);
    auto there = load_secret_file(kept);
    if (!there) return there.error();
    if (there->id() != old)
      return Error{Code::cannot_create, fmt::format("{} is of another identity: move it away", kept)};
  }
  return sync_directory(home.directory);
}

Result<void> put_in_place(const Home& home) {
  const std::string next = next_secret(home);
  if (::rename(next.c_str(), home.secret_path().c_str()) != 0)
    return file_error("replace", home.secret_path(), errno);
  return sync_directory(home.directory);
}

/// An interrupted call comes to its end first, and it comes to the end that was wished for.
Result<void> must_be_same_wish(Store& store, const FeedId& before, bool supersedes) {
  auto succession = succession_of(store, before);
  if (!succession) return succession.error();
  if (succession->has_value() == supersedes) return {};
  return Error{Code::usage,
               fmt::format("an interrupted `ssblog id new` has to come to its end first, and that was "
                           "{} --supersedes: run it so again",
                           supersedes ? "without" : "with")};
}

/// What was kept while a call was interrupted.
Result<void> sign_waiting(Store& store, const Settings& settings, const KeyPair& fresh) {
  auto guard = guard_of(store, settings.home, fresh.id());
  if (!guard) return guard.error();
  auto published = Publisher(store, fresh, settings.hmac(), std::move(*guard)).publish({}, clock_now());
  if (!published) return published.error();
  return {};
}

/// Before anything is done: what would make things worse.
Result<void> look_before(Store& store, const Settings& settings, const KeyPair& old, const KeyPair& fresh,
                         bool supersedes) {
  if (fresh.id() == old.id())
    return Error{Code::data,
                 fmt::format("{} holds the key of this very host: move it away", next_secret(settings.home))};
  auto followed = followed_by(store, old.id());
  if (!followed) return followed.error();
  if (*followed) return must_be_same_wish(store, old.id(), supersedes);
  auto succession = succession_of(store, old.id());
  if (!succession) return succession.error();
  if (*succession && supersedes)
    return Error{Code::usage,
                 fmt::format("{} has the place of this identity already, and a second one would be "
                             "nobody's: run it without --supersedes",
                             to_text((*succession)->statement.successor))};
  auto guard = guard_of(store, settings.home, old.id());
  if (!guard) return guard.error();
  auto hold = Publisher(store, old, settings.hmac(), std::move(*guard)).hold();
  if (!hold) return hold.error();
  if (*hold == Hold::cloned && supersedes)
    return Error{Code::usage,
                 "another copy of this host runs. If that one keeps the identity: `ssblog id new` without "
                 "--supersedes; if it is gone for good, `ssblog restore --force` first"};
  return {};
}

/// What an earlier call did, and could not tell.
Result<NewIdentity> done_before(Store& store, const Home& home, const FeedId& now) {
  NewIdentity done;
  done.now = now;
  auto before = predecessor(store);
  if (!before) return before.error();
  done.before = before->value_or(FeedId{});
  auto report = last_report(store);
  if (!report) return report.error();
  done.report = *report;
  auto succession = succession_of(store, done.before);
  if (!succession) return succession.error();
  done.supersedes = *succession && (*succession)->statement.successor == now;
  done.kept = kept_secret(home, done.before);
  return done;
}

}  // namespace

Result<NewIdentity> make_identity(const Settings& settings, bool supersedes,
                                  const std::optional<std::string>& name) {
  const Home& home = settings.home;
  auto lock = lock_directory(home.directory);
  if (!lock) return lock.error();
  auto no_daemon = lock_out_daemons(home);
  if (!no_daemon) return no_daemon.error();
  if (!exists(home.secret_path())) {
    return Error{Code::config, fmt::format("the secret is not in {}, so it cannot be replaced there (is it a "
                                           "credential of a service?)",
                                           home.directory)};
  }
  auto old = load_secret_file(home.secret_path());
  if (!old) return old.error();
  auto store = open_own_store(home);
  if (!store) return store.error();
  auto untold = untold_identity(*store);
  if (!untold) return untold.error();
  if (*untold && **untold == old->id()) {
    auto before = predecessor(*store);
    if (!before) return before.error();
    if (auto same = must_be_same_wish(*store, before->value_or(FeedId{}), supersedes); !same)
      return same.error();
    return done_before(*store, home, old->id());
  }
  auto fresh = settle_next(home);
  if (!fresh) return fresh.error();
  if (auto looked = look_before(*store, settings, *old, *fresh, supersedes); !looked) return looked.error();
  auto report = supersede(
      *store, {*old, *fresh, settings.hmac(), home, supersedes, name, clock_now(), carry_positions});
  if (!report) return report.error();
  if (auto guarded = write_guard(*store, home, fresh->id()); !guarded) return guarded.error();
  if (auto kept = keep_secret(home, old->id()); !kept) return kept.error();
  if (auto placed = put_in_place(home); !placed) return placed.error();
  if (auto signed_rest = sign_waiting(*store, settings, *fresh); !signed_rest) return signed_rest.error();
  return done_before(*store, home, fresh->id());
}

Result<void> identity_was_told(const Settings& settings) {
  auto store = open_own_store(settings.home);
  if (!store) return store.error();
  auto batch = Batch::begin(*store, Durability::full);
  if (!batch) return batch.error();
  if (auto told = note_told(*batch); !told) return told;
  return batch->commit(clock_now());
}

}  // namespace ssblog
