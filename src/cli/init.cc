// SPDX-License-Identifier: MIT
// cli/init.cc - makes a host: home, network key, store, and last of all the secret.
//
// In that order, so that a secret always has its store: whatever interrupts init, running it again works or
// says what is there, and there are never two keys.
#include "cli/settings.h"
#include "feed/crypto.h"
#include "feed/json.h"
#include "feed/utf.h"
#include "store/publish.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace ssblog {
namespace {

struct InitOptions {
  std::optional<std::string> path, caps, name, secret;
  bool system = false;
  bool never_published = false;
};

Result<NetworkKey> choose_network_key(const InitOptions& wanted) {
  if (wanted.caps) return network_key_option(*wanted.caps);
  if (const char* file = std::getenv("SSBLOG_CAPS_FILE"); file != nullptr && *file != '\0') {
    return network_key_option(std::string("@") + file);
  }
  NetworkKey key;
  random_bytes(key.bytes);
  return key;
}

/// The configuration of the new home: a new one, or the one that lies there already (an init that was
/// interrupted, or a person's own) if it does not contradict the options.
Result<Settings> settle_config(const Home& home, const InitOptions& wanted, const NetworkKey& key) {
  auto created = create_file(home.config_path(), format_settings(key, wanted.name), S_IRUSR | S_IWUSR);
  if (!created && created.error().code != Code::cannot_create) return created.error();
  auto settings = load_settings(home.directory);
  if (!settings || created) return settings;
  const bool other_key = wanted.caps && settings->network_key != key;
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
  return Guard(home.guard_directory, own).write({0, {}, *id, this_machine()});
}

Result<int> make_host(const InitOptions& wanted) {
  const Home home = wanted.path ? home_at(*wanted.path) : default_home(wanted.system);
  // Everything that can be wrong with the words is found before anything is made.
  auto key = choose_network_key(wanted);
  if (!key) return key.error();
  auto keys = wanted.secret ? load_secret_file(*wanted.secret) : Result<KeyPair>(KeyPair::generate());
  if (!keys) return keys.error();
  if (wanted.name && !is_utf8(as_bytes(*wanted.name))) return Error{Code::usage, "--name must be UTF-8 text"};

  if (auto made = make_directories(home.directory); !made) return made.error();
  auto lock = lock_directory(home.directory);
  if (!lock) return lock.error();
  if (::access(home.secret_path().c_str(), F_OK) == 0 || errno != ENOENT) {
    return Error{
        Code::cannot_create,
        fmt::format("{} has an identity already; nothing was changed (its id: ssblog whoami --path {})",
                    home.directory, home.directory)};
  }
  auto settings = settle_config(home, wanted, *key);
  if (!settings) return settings.error();
  const bool held = wanted.secret && !wanted.never_published;
  if (auto made = make_store(home, keys->id(), held ? Hold::key_imported : Hold::none); !made)
    return made.error();
  if (auto saved = save_keys(home, *keys); !saved) return saved.error();
  if (wanted.name) {
    if (auto named = publish_name(*settings, *keys, *wanted.name); !named) return named.error();
  }

  print(to_text(keys->id()) + "\n");
  say(fmt::format("the home of this host is {}", home.directory));
  say(wanted.caps ? "the network key is in its config.toml"
                  : "a new network key is in its config.toml; on your other hosts, with a copy of that file: "
                    "ssblog init --caps.shs @config.toml");
  if (held) {
    say("publishing is held until the messages that this key signed before are here: import a bundle of "
        "them, or, if it "
        "never signed any, end the hold with: ssblog restore --never-published");
  }
  return done();
}

}  // namespace

Result<int> run_init(const Words& words) {
  Options options("init", "Makes the identity, the network key and the home of this host. Never overwrites.",
                  "  ssblog init --name nas\n"
                  "  ssblog init --caps.shs @/media/stick/config.toml    # the key of your other hosts");
  InitOptions wanted;
  options.value("--path DIR", wanted.path, "Make the home here");
  options.flag("--system", wanted.system, "Make the home of the system, /var/lib/ssblog");
  options.value("--caps.shs KEY", wanted.caps,
                "Network key: base64 of 32 bytes, or @FILE (a key, or a config.toml)");
  options.value("--name NAME", wanted.name, "What this host calls itself (default: the name of the machine)");
  options.value("--import-secret FILE", wanted.secret, "Take the identity of an SSB secret file");
  options.flag("--never-published", wanted.never_published, "The imported key never signed a message");
  options.excludes("--system", "--path");
  options.needs("--never-published", "--import-secret");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  return make_host(wanted);
}

}  // namespace ssblog
