// SPDX-License-Identifier: MIT
#include "cli/join_home.h"

#include "feed/json.h"
#include "store/daemon_door.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace ssblog {
namespace {

/// What else names a network key beside the invite; nothing: nobody does.
Result<std::optional<NetworkKey>> named_key(const JoinOptions& wanted) {
  const char* file = std::getenv("SSBLOG_CAPS_FILE");
  const bool by_file = file != nullptr && *file != '\0';
  if (!wanted.network_key && !by_file) return std::optional<NetworkKey>();
  auto key = network_key_option(wanted.network_key ? *wanted.network_key : fmt::format("@{}", file));
  if (!key) return key.error();
  return std::optional(*key);
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

/// True when nothing is in the store but, at most, the name that `init` published.
Result<bool> is_unused(const Home& home) {
  if (!exists(home.store_path())) return false;
  auto keys = load_keys(home);
  if (!keys) return keys.error();
  auto store = open_own_store(home);
  if (!store) return store.error();
  auto rows = store->feeds();
  if (!rows) return rows.error();
  for (const FeedRow& row : *rows) {
    if (!row.tip) continue;
    if (row.id != keys->id() || row.tip->sequence > 1) return false;
    auto text = store->message(RowId::of(row.number, 1));
    if (!text) return text.error();
    if (member(member(*text, "content"), "type") != "\"about\"") return false;
  }
  return true;
}

/// A home of another network may take over the key of the invite only if nobody did anything with it.
Result<void> replace_key(const Home& home, const NetworkKey& network) {
  const auto refuse = [&](std::string_view why) {
    return Error{
        Code::config,
        fmt::format("the home {} belongs to another network than the invite, and {}; to join with a home of "
                    "its own: ssblog join --path DIR, or, to bring this one along, put the network key of "
                    "the others (their config.toml has it) into {} and join again",
                    home.directory, why, home.config_path())};
  };
  if (DaemonLock::holder(home)) return refuse("a daemon runs with it");
  auto lock = lock_directory(home.directory);
  if (!lock) return lock.error();
  auto untouched = load_untouched(home);
  if (!untouched) return untouched.error();
  if (!*untouched) return refuse("its config.toml was edited");
  if (has_identity(home)) {
    auto unused = is_unused(home);
    if (!unused) return unused.error();
    if (!*unused) return refuse("its feed is in use");
  }
  const std::string& own_name = (*untouched)->name;
  const auto name = own_name.empty() ? std::nullopt : std::optional(own_name);
  if (auto replaced = replace_file(home.config_path(), format_settings(network, name), S_IRUSR | S_IWUSR,
                                   OwnedBy::directory);
      !replaced)
    return replaced;
  say(fmt::format("{} has the network key of the invite now: it was as `ssblog init` had made it",
                  home.config_path()));
  return {};
}

Home choose_home(const JoinOptions& wanted) {
  if (wanted.path) return home_at(*wanted.path);
  if (wanted.system) return default_home(true);
  auto found = find_home();
  return found ? *std::move(found) : default_home(false);
}

}  // namespace

Result<JoiningHost> prepare_home(const JoinOptions& wanted, const Invite& invite) {
  if (auto checked = check_name(wanted.name); !checked) return checked.error();
  auto named = named_key(wanted);
  if (!named) return named.error();
  if (*named && invite.network && **named != *invite.network) {
    return Error{Code::config,
                 fmt::format("the invite is of another network than the key that {} says; leave that away",
                             wanted.network_key ? "--caps.shs" : "SSBLOG_CAPS_FILE")};
  }
  auto network = invite.network ? invite.network : *named;
  const Home home = choose_home(wanted);
  const bool has_config = exists(home.config_path());
  if (has_config) {
    auto settings = load_settings(home.directory);
    if (!settings) return settings.error();
    if (!network) network = settings->network_key;
    // A key that is named by hand, and not in the file, is for this time only.
    const bool agrees = settings->network_key == network || (!settings->network_key && *named);
    if (network && !agrees) {
      if (!settings->network_key)
        return Error{Code::config,
                     fmt::format("{} names no network key: put the one of the invite there, it stands "
                                 "between `network=` and the next comma",
                                 home.config_path())};
      if (auto replaced = replace_key(home, *network); !replaced) return replaced.error();
    }
  }
  if (!network) {
    return Error{
        Code::config,
        "the invite does not say of which network it is: say --caps.shs @FILE, with the caps.shs of the host "
        "that invites"};
  }
  if (has_identity(home)) {
    auto settings = load_settings(home.directory);
    if (!settings) return settings.error();
    if (wanted.name && settings->name != *wanted.name)
      say(fmt::format("this host has its home already; to call it so from now on: ssblog name {}",
                      *wanted.name));
    return JoiningHost{std::move(*settings), *network};
  }
  auto settings = make_home({home, *network, true, wanted.name, std::nullopt, false});
  if (!settings) return settings.error();
  say(fmt::format("the home of this host is {}", home.directory));
  return JoiningHost{std::move(*settings), *network};
}

}  // namespace ssblog
