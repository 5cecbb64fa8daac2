// SPDX-License-Identifier: MIT
#include "store/daemon_state.h"

#include "feed/json.h"
#include "store/daemon_door.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace ssblog {
namespace {

constexpr std::size_t longest_state = 4 * 1024 * 1024;

std::string path_of(const Home& home) { return home.directory + "/daemon.json"; }

/// Its second name, where a process that may not read the home finds it.
std::string shared_path_of(const Home& home) { return home.directory + "/view/daemon.json"; }

void share(const Home& home) {
  const std::string path = shared_path_of(home), fresh = path + ".new";
  std::remove(fresh.c_str());
  if (::link(path_of(home).c_str(), fresh.c_str()) == 0) std::rename(fresh.c_str(), path.c_str());
}

/// A JSON array of what `one` makes of each.
template <class List, class One>
std::string array_of(const List& list, One&& one) {
  std::string text = "[";
  for (const auto& item : list) text += (text.size() > 1 ? ",\n" : "") + one(item);
  return text + "]";
}

/// A new file: whatever else has the name, a link or a pipe, is not written to.
bool write_whole(const std::string& path, std::string_view text) {
  std::remove(path.c_str());
  std::FILE* file = std::fopen(path.c_str(), "wxe");
  if (file == nullptr) return false;
  const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && whole;
}

std::string text_member(std::string_view object, std::string_view name) {
  return text_of(member(object, name)).value_or("");
}

std::uint64_t number_member(std::string_view object, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(integer_of(member(object, name)).value_or(0), 0));
}

std::string json_of(const PeerState& peer) {
  return fmt::format(
      R"({{"id":"{}","address":{},"state":{},"dialled":{},"since":{},"weLack":{},"itLacks":{},"trouble":{}}})",
      to_text(peer.id), json_string(peer.address), json_string(peer.state), peer.dialled, peer.since,
      peer.we_lack, peer.it_lacks, json_string(peer.trouble));
}

std::string json_of_sink(const SinkState& sink) {
  return fmt::format(R"({{"name":{},"state":{},"lines":{},"unanswered":{},"failures":{},"trouble":{}}})",
                     json_string(sink.name), json_string(sink.state), sink.lines, sink.unanswered,
                     sink.failures, json_string(sink.trouble));
}

std::string json_of_view(const ViewState& view) {
  return fmt::format(R"({{"state":{},"address":{},"port":{},"socket":{},"trouble":{}}})",
                     json_string(view.state), json_string(view.address), view.port, json_string(view.socket),
                     json_string(view.trouble));
}

ViewState view_of(std::string_view object) {
  return {text_member(object, "state"), text_member(object, "address"),
          static_cast<int>(std::min<std::uint64_t>(number_member(object, "port"), 65535)),
          text_member(object, "socket"), text_member(object, "trouble")};
}

SinkState sink_of(std::string_view object) {
  return {text_member(object, "name"),         text_member(object, "state"),
          text_member(object, "trouble"),      number_member(object, "lines"),
          number_member(object, "unanswered"), number_member(object, "failures")};
}

PeerState peer_of(std::string_view object) {
  PeerState peer;
  peer.id = parse_feed_id(text_member(object, "id")).value_or(FeedId{});
  peer.address = text_member(object, "address");
  peer.state = text_member(object, "state");
  peer.trouble = text_member(object, "trouble");
  peer.since = static_cast<Millis>(number_member(object, "since"));
  peer.dialled = member(object, "dialled") == "true";
  peer.we_lack = number_member(object, "weLack");
  peer.it_lacks = number_member(object, "itLacks");
  return peer;
}

}  // namespace

std::size_t connected_in(const DaemonState& state) {
  return static_cast<std::size_t>(
      std::count_if(state.peers.begin(), state.peers.end(),
                    [](const PeerState& peer) { return peer.state == "connected"; }));
}

bool write_daemon_state(const Home& home, const DaemonState& state) {
  const std::string text = fmt::format(
      "{{\"pid\":{},\"hops\":{},\"listening\":{},\"held\":{},\"sandbox\":{},\"troubles\":{},\"peers\":{},"
      "\"sinks\":{},\"view\":{},\"rounds\":{}}}\n",
      state.process, state.hops, array_of(state.listening, [](const auto& one) { return json_string(one); }),
      state.held, json_string(state.sandbox),
      array_of(state.troubles, [](const auto& one) { return json_string(one); }),
      array_of(state.peers, json_of), array_of(state.sinks, json_of_sink),
      state.view ? json_of_view(*state.view) : "null", array_of(state.rounds, [](const RoundState& round) {
        return fmt::format(R"({{"token":{},"met":{},"whole":{}}})", json_string(round.token), round.met,
                           round.whole);
      }));
  const std::string path = path_of(home), fresh = path + ".new";
  if (!write_whole(fresh, text)) {
    // Without a descriptor it is a matter of moments, and the old one is better than none.
    if (errno == EMFILE || errno == ENFILE) return false;
    // On a full disk, which is just what the state has to tell, the old one makes room.
    std::remove(path.c_str());
    if (!write_whole(fresh, text)) {
      std::remove(fresh.c_str());
      return false;
    }
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    std::remove(fresh.c_str());
    return false;
  }
  share(home);
  return true;
}

bool left_by_crash(const Home& home) { return ::access(path_of(home).c_str(), F_OK) == 0; }

void remove_daemon_state(const Home& home) {
  std::remove(path_of(home).c_str());
  std::remove(shared_path_of(home).c_str());
}

Result<std::optional<DaemonState>> read_daemon_state(const Home& home) {
  const auto process = DaemonLock::holder(home);
  if (!process) return std::optional<DaemonState>();
  DaemonState state;
  state.process = *process;
  auto text = read_file(path_of(home), longest_state);
  if (!text && text.error().code == Code::permission) text = read_file(shared_path_of(home), longest_state);
  // A daemon that has just begun has not written yet.
  if (!text)
    return text.error().code == Code::no_input ? Result<std::optional<DaemonState>>(state) : text.error();
  const auto object = canonical(*text, Layout::compact);
  if (!object) return Error{Code::data, fmt::format("{}: {}", path_of(home), object.error().text)};
  state.hops = static_cast<int>(number_member(*object, "hops"));
  state.held = member(*object, "held") == "true";
  state.sandbox = text_member(*object, "sandbox");
  for (Items troubles(member(*object, "troubles")); troubles.next();)
    state.troubles.push_back(text_of(troubles.value()).value_or(""));
  for (Items addresses(member(*object, "listening")); addresses.next();)
    state.listening.push_back(text_of(addresses.value()).value_or(""));
  for (Items peers(member(*object, "peers")); peers.next();) state.peers.push_back(peer_of(peers.value()));
  for (Items sinks(member(*object, "sinks")); sinks.next();) state.sinks.push_back(sink_of(sinks.value()));
  if (const auto view = member(*object, "view"); view.starts_with('{')) state.view = view_of(view);
  for (Items rounds(member(*object, "rounds")); rounds.next();) {
    state.rounds.push_back({text_member(rounds.value(), "token"), number_member(rounds.value(), "met"),
                            member(rounds.value(), "whole") == "true"});
  }
  return std::optional(std::move(state));
}

}  // namespace ssblog
