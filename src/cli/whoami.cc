// SPDX-License-Identifier: MIT
#include "cli/settings.h"

#include <fmt/format.h>

namespace ssblog {

Result<int> run_whoami(const Words& words) {
  Options options("whoami", "Prints the id of this host: what others follow.",
                  "  ssblog whoami\n"
                  "  ssblog whoami --json");
  std::optional<std::string> path;
  bool json = false;
  options.value("--path DIR", path, "Home of this host");
  options.flag("--json", json, "Print {\"id\": ...}, as sbot does");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();

  auto settings = load_settings(path);
  if (!settings) return settings.error();
  auto keys = load_keys(settings->home);
  if (!keys) return keys.error();
  const std::string id = to_text(keys->id());
  print(json ? fmt::format("{{\n  \"id\": \"{}\"\n}}\n", id) : id + "\n");
  return done();
}

}  // namespace ssblog
