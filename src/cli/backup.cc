// SPDX-License-Identifier: MIT
// cli/backup.cc - a home in one file, taken while everything runs; `restore --from` lays it out again.
#include "store/backup.h"
#include "cli/settings.h"
#include "store/supersede.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

constexpr std::size_t longest_secret = 64 * 1024;

struct BackupOptions {
  std::optional<std::string> path;
  Words files;
  bool force = false;
};

Result<int> back_up(const BackupOptions& wanted) {
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  const Home& home = settings->home;
  auto keys = load_keys(home);
  if (!keys) return keys.error();
  HomeFiles files;
  auto secret = read_file(home.secret_path(), longest_secret);
  if (!secret) return secret.error();
  files.secret = std::move(*secret);
  auto config = read_file(home.config_path(), longest_config);
  // A home without one works as well, where the network key comes from elsewhere.
  if (!config && config.error().code != Code::no_input) return config.error();
  if (config) files.config = std::move(*config);
  auto store = open_to_read(home);
  if (!store) return store.error();
  auto followed = followed_by(*store, keys->id());
  if (!followed) return followed.error();
  if (*followed)
    return Error{Code::busy,
                 "`ssblog id new` was interrupted, and the secret that the store belongs to is not in its "
                 "place yet: run it again, then this"};
  auto facts = write_backup(*store, keys->id(), files, wanted.files.front(), wanted.force, clock_now());
  if (!facts) return facts.error();
  say(fmt::format(
      "{} has the store as it was at message {} of this host, and the secret: whoever can read it can "
      "write as this host",
      wanted.files.front(), facts->messages));
  say("bring it back with `ssblog restore --from` alone: a host that goes on from an old copy forks its "
      "feed, and "
      "others refuse a forked feed for ever");
  return done();
}

}  // namespace

Result<int> run_backup(const Words& words) {
  Options options(
      "backup",
      "Writes store, secret and configuration of this host into one file, of one moment, while the daemon "
      "and everything else goes on. The file is a secret. `ssblog restore` lays it out again.",
      "  ssblog backup /media/stick/nas.backup\n"
      "  ssblog backup --force /var/backups/ssblog.backup    # replaces the one of last night");
  BackupOptions wanted;
  options.words("FILE", wanted.files, "Where to write it");
  options.flag("--force", wanted.force, "Replace a file that is there, once the new one is whole");
  options.value("--path DIR", wanted.path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (wanted.files.size() != 1) return Error{Code::usage, "back up into which file? Name one"};
  return back_up(wanted);
}

}  // namespace ssblog
