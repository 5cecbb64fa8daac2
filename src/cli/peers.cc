// SPDX-License-Identifier: MIT
#include "assemble/escape.h"
#include "assemble/time_text.h"
#include "cli/settings.h"
#include "feed/json.h"
#include "store/daemon_state.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

std::string json_of(const PeerState& peer) {
  return fmt::format(
      R"({{"id":"{}","address":{},"state":{},"dialled":{},"since":{},"weLack":{},"itLacks":{},"trouble":{}}})"
      "\n",
      to_text(peer.id), json_string(peer.address), json_string(peer.state), peer.dialled, peer.since,
      peer.we_lack, peer.it_lacks, json_string(peer.trouble));
}

std::string behind(const PeerState& peer) {
  if (peer.we_lack == 0 && peer.it_lacks == 0) return "up to date";
  std::string text;
  if (peer.we_lack > 0) text = fmt::format("{} messages to fetch", peer.we_lack);
  if (peer.it_lacks > 0) text += fmt::format("{}it lacks {}", text.empty() ? "" : ", ", peer.it_lacks);
  return text;
}

std::string line_of(const PeerState& peer, const std::string& name) {
  const std::string who = fmt::format("{}@{}", name, short_id(peer.id));
  if (peer.state == "connected") {
    std::string since;
    append_utc_time(since, peer.since);
    return fmt::format("{:<24} {:<24} {} since {}, {}\n", who, peer.address,
                       peer.dialled ? "connected" : "dialled us", since, behind(peer));
  }
  if (peer.state == "heard") {
    return fmt::format("{:<24} {:<24} heard in the LAN; to have it: ssblog follow {}\n", who, peer.address,
                       to_text(peer.id));
  }
  return fmt::format("{:<24} {:<24} {}{}{}\n", who, peer.address, peer.state,
                     peer.trouble.empty() ? "" : ": ", peer.trouble);
}

}  // namespace

Result<int> run_peers(const Words& words) {
  Options options("peers",
                  "Shows the hosts that the daemon is connected to, or tries to be, and its own addresses.",
                  "  ssblog peers\n"
                  "  ssblog peers --json");
  std::optional<std::string> path;
  bool json = false;
  options.flag("--json", json, "Print a JSON object for each");
  options.value("--path DIR", path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();

  auto settings = load_settings(path);
  if (!settings) return settings.error();
  auto state = read_daemon_state(settings->home);
  if (!state) return state.error();
  if (!*state) return Error{Code::unavailable, "no daemon is running here; start one with `ssblog daemon`"};
  auto store = open_to_read(settings->home);
  if (!store) return store.error();
  for (const PeerState& peer : (*state)->peers) {
    if (json) {
      print(json_of(peer));
      continue;
    }
    auto row = store->feed(peer.id);
    if (!row) return row.error();
    auto name = *row ? store->name_before((*row)->number, max_sequence) : Result<std::string>("");
    if (!name) return name.error();
    print(line_of(peer, escape_name(*name)));
  }
  if (!json) {
    for (const std::string& address : (*state)->listening) say(fmt::format("this host is at {}", address));
    for (const std::string& trouble : (*state)->troubles) say(trouble);
  }
  return done();
}

}  // namespace ssblog
