// SPDX-License-Identifier: MIT
#include "cli/new_home.h"

#include "feed/json.h"
#include "feed/utf.h"
#include "store/publish.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ssblog {
namespace {

/// The configuration of the new home: a new one, or the one that lies there already (an init that was
/// interrupted, or a person's own) if it does not contradict what is wanted.
Result<Settings> settle_config(const NewHome& wanted) {
  const Home& home = wanted.home;
  auto created = create_file(home.config_path(), format_settings(wanted.network_key, wanted.name),
                             S_IRUSR | S_IWUSR, OwnedBy::directory);
  if (!created && created.error().code != Code::cannot_create) return created.error();
  auto settings = load_settings(home.directory);
  if (!settings || created) return settings;
  const bool other_key = wanted.key_is_wanted && settings->network_key != wanted.network_key;
  if (other_key || !settings->network_key || (wanted.name && settings->name != *wanted.name)) {
    return Error{Code::cannot_create,
                 fmt::format("{} exists and says something else than the options; change it, or move it away",
                             home.config_path())};
  }
  return settings;
}

Result<void> publish_name(const Settings& settings, const KeyPair& keys, const std::string& name) {
  auto store = open_own_store(settings.home);
  if (!store) return store.error();
  auto guard = guard_of(*store, settings.home, keys.id());
  if (!guard) return guard.error();
  Publisher publisher(*store, keys, settings.hmac(), std::move(*guard));
  const std::string about =
      fmt::format(R"({{"type":"about","about":"{}","name":{}}})", to_text(keys.id()), json_string(name));
  auto published = publisher.publish(std::span(&about, 1), clock_now());
  if (!published) return published.error();
  return {};
}

Result<void> make_store(const Home& home, const FeedId& own, Hold standing) {
  auto machine = this_machine();
  if (!machine) return machine.error();
  auto store = open_own_store(home);
  if (!store) return store.error();
  auto batch = Batch::begin(*store, Durability::full);
  if (!batch) return batch.error();
  // A store that was missing begins held; this one is new, or its key came from elsewhere.
  if (auto ended = end_hold(*batch); !ended) return ended;
  if (standing != Hold::none) {
    if (auto held = begin_hold(*batch, standing); !held) return held;
  }
  if (auto begun = begin_guard(*batch, home); !begun) return begun;
  if (auto done = batch->commit(clock_now()); !done) return done;
  if (standing != Hold::none) return {};
  // A feed without a guard is a copy of one, so a new key has its guard before its first message.
  auto id = store->id();
  if (!id) return id.error();
  return Guard(home.guard_directory, own).write({0, {}, *id, *machine});
}

/// A store with feeds and no secret has lost its key: a new one would go on beside the old feed in silence.
Result<void> check_no_feeds(const Home& home) {
  if (::access(home.store_path().c_str(), F_OK) != 0) return {};
  auto store = open_to_read(home);
  if (!store)
    return {};  // half made by an init that was interrupted; what else is wrong with it shows when it is made
  auto rows = store->feeds();
  if (!rows) return rows.error();
  const bool empty =
      std::none_of(rows->begin(), rows->end(), [](const FeedRow& row) { return row.tip.has_value(); });
  if (empty) return {};
  return Error{
      Code::cannot_create,
      fmt::format("{} holds feeds, but its secret is gone: bring back {}, or move the store away to begin "
                  "with a new identity",
                  home.store_path(), home.secret_path())};
}

}  // namespace

bool has_identity(const Home& home) {
  return ::access(home.secret_path().c_str(), F_OK) == 0 || errno != ENOENT;
}

Result<void> check_name(const std::optional<std::string>& name) {
  if (name && !is_utf8(as_bytes(*name))) return Error{Code::usage, "--name must be UTF-8 text"};
  return {};
}

Result<Settings> make_home(NewHome wanted) {
  const Home& home = wanted.home;
  const KeyPair keys = wanted.keys ? std::move(*wanted.keys) : KeyPair::generate();
  if (auto made = make_directories(home.directory); !made) return made.error();
  auto lock = lock_directory(home.directory);
  if (!lock) return lock.error();
  if (has_identity(home)) {
    return Error{
        Code::cannot_create,
        fmt::format("{} has an identity already; nothing was changed (its id: ssblog whoami --path {})",
                    home.directory, home.directory)};
  }
  if (!wanted.keys) {
    if (auto fresh = check_no_feeds(home); !fresh) return fresh.error();
  }
  auto settings = settle_config(wanted);
  if (!settings) return settings.error();
  if (auto made = make_store(home, keys.id(), wanted.held ? Hold::key_imported : Hold::none); !made)
    return made.error();
  if (auto saved = save_keys(home, keys); !saved) return saved.error();
  if (wanted.name) {
    if (auto named = publish_name(*settings, keys, *wanted.name); !named) return named.error();
  }
  return settings;
}

}  // namespace ssblog
