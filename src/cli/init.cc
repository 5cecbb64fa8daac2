// SPDX-License-Identifier: MIT
// cli/init.cc - makes a host out of the words of a person; how it is made stands in new_home.cc.
#include "cli/new_home.h"
#include "feed/crypto.h"

#include <fmt/format.h>

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

Result<int> make_host(const InitOptions& wanted) {
  // Everything that can be wrong with the words is found before anything is made.
  auto key = choose_network_key(wanted);
  if (!key) return key.error();
  std::optional<KeyPair> imported;
  if (wanted.secret) {
    auto keys = load_secret_file(*wanted.secret);
    if (!keys) return keys.error();
    imported = std::move(*keys);
  }
  if (auto checked = check_name(wanted.name); !checked) return checked.error();
  const bool held = wanted.secret && !wanted.never_published;
  auto made = make_home({home_to_make(wanted.path, wanted.system), *key, wanted.caps.has_value(), wanted.name,
                         std::move(imported), held});
  if (!made) return made.error();
  auto keys = load_keys(made->home);
  if (!keys) return keys.error();

  print(to_text(keys->id()) + "\n");
  say(fmt::format("the home of this host is {}", made->home.directory));
  say(wanted.caps
          ? "the network key is in its config.toml"
          : "a new network key is in its config.toml; your other hosts get it by `ssblog join`, with what "
            "`ssblog invite create` prints here");
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
