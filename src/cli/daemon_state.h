// SPDX-License-Identifier: MIT
// cli/daemon_state.h - what the daemon of a home shows of itself.
//
// Used by peers, status, sync and connect. The daemon writes a file (gossip/node.cc); its lock says whether it is
// there at all.
#pragma once

#include "feed/message.h"
#include "feed/record.h"
#include "store/home.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

struct PeerState {
  FeedId id;
  std::string address;
  std::string state;    ///< connected, dialling, waiting
  std::string trouble;  ///< why it is not connected
  Millis since = 0;
  bool dialled = false;
  std::uint64_t we_lack = 0;   ///< messages that it claims beyond ours
  std::uint64_t it_lacks = 0;  ///< messages of ours beyond its claims
};

struct DaemonState {
  int process = 0;
  std::vector<std::string> listening;
  bool held = false;
  std::string trouble;
  std::vector<PeerState> peers;
};

/// Nothing when there is no daemon.
Result<std::optional<DaemonState>> read_daemon_state(const Home& home);

}  // namespace ssblog
