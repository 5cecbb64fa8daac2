// SPDX-License-Identifier: MIT
#include "cli/daemon_state.h"

#include "feed/json.h"
#include "store/daemon_door.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

constexpr std::size_t longest_state = 4 * 1024 * 1024;

std::string text_member(std::string_view object, std::string_view name) {
  return text_of(member(object, name)).value_or("");
}

std::uint64_t number_member(std::string_view object, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(integer_of(member(object, name)).value_or(0), 0));
}

}  // namespace

Result<std::optional<DaemonState>> read_daemon_state(const Home& home) {
  const auto process = DaemonLock::holder(home);
  if (!process) return std::optional<DaemonState>();
  DaemonState state;
  state.process = *process;
  auto text = read_file(home.directory + "/daemon.json", longest_state);
  // A daemon that has just begun has not written yet.
  if (!text)
    return text.error().code == Code::no_input ? Result<std::optional<DaemonState>>(state) : text.error();
  const auto object = canonical(*text, Layout::compact);
  if (!object)
    return Error{Code::data, fmt::format("{}/daemon.json: {}", home.directory, object.error().text)};
  state.held = member(*object, "held") == "true";
  state.trouble = text_member(*object, "trouble");
  for (Items addresses(member(*object, "listening")); addresses.next();)
    state.listening.push_back(text_of(addresses.value()).value_or(""));
  for (Items peers(member(*object, "peers")); peers.next();) {
    const std::string_view one = peers.value();
    PeerState peer;
    peer.id = parse_feed_id(text_member(one, "id")).value_or(FeedId{});
    peer.address = text_member(one, "address");
    peer.state = text_member(one, "state");
    peer.trouble = text_member(one, "trouble");
    peer.since = static_cast<Millis>(number_member(one, "since"));
    peer.dialled = member(one, "dialled") == "true";
    peer.we_lack = number_member(one, "welack");
    peer.it_lacks = number_member(one, "itlacks");
    state.peers.push_back(std::move(peer));
  }
  return std::optional(std::move(state));
}

}  // namespace ssblog
