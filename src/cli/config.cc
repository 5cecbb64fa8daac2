// SPDX-License-Identifier: MIT
// cli/config.cc - looks through config.toml and says every mistake in it.
#include "cli/settings.h"

#include <fmt/format.h>

#include <unistd.h>
#include <cerrno>

namespace ssblog {
namespace {

Result<int> check(const std::string& path) {
  auto text = read_file(path, longest_config);
  if (!text) return text.error();
  std::vector<Error> mistakes;
  const Settings settings = read_settings(*text, path, true, mistakes);
  for (const Error& mistake : mistakes) say(mistake.text);
  if (!mistakes.empty()) return static_cast<int>(Code::config);
  const auto sources = settings.sources.size() + settings.event_sources.size();
  print(fmt::format("{} is fine: {} source{}\n", path, sources, sources == 1 ? "" : "s"));
  return done();
}

}  // namespace

Result<int> run_config(const Words& words) {
  Options options(
      "config",
      "Looks through config.toml, or another FILE, and says every mistake in it, each with its line. A "
      "daemon that runs already goes on with what it read when it started.",
      "  ssblog config check\n"
      "  ssblog config check /tmp/new.toml");
  std::optional<std::string> path;
  Words actions;
  options.words("ACTION", actions, "check, and the file if it is not the home's");
  options.value("--path DIR", path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (actions.empty() || actions.front() != "check" || actions.size() > 2)
    return Error{Code::usage, "say: ssblog config check [FILE] (see `ssblog config --help`)"};
  if (actions.size() == 2) return check(actions[1]);
  auto home = path ? Result<Home>(home_at(*path)) : find_home();
  if (!home) return home.error();
  if (::access(home->config_path().c_str(), F_OK) != 0 && errno == ENOENT) {
    print(fmt::format("there is no {}: every key has its default\n", home->config_path()));
    return done();
  }
  return check(home->config_path());
}

}  // namespace ssblog
