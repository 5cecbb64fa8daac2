// SPDX-License-Identifier: MIT
// cli/publish_daemon.h - publishing by the daemon, for users who may not open the store.
//
// Used by publish. The daemon signs; what it answered is durable. One thread. Source: design.md, section 3.
#pragma once

#include "cli/publish_stream.h"
#include "gossip/local_client.h"
#include "store/home.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>

namespace ssblog {

/// Where the daemon of another user's home takes lines: SSBLOG_PUBLISH_SOCKET, for a home whose configuration names
/// another place (others cannot read that), else where the home has it.
std::string publish_socket_of(const Home& home);

class DaemonPublisher {
 public:
  /// The socket that the daemon of another user's home has for us. Code::permission where it has none, or not for this
  /// user; Code::unavailable when no daemon runs.
  static Result<DaemonPublisher> connect(const Home& home);

  /// As Publisher::publish. The daemon's clock gives the time. A daemon that is started anew is waited for, for 30 s,
  /// where the contents can be sent again: those of chunks, which count once.
  Result<Published> publish(std::span<const std::string> contents);

 private:
  DaemonPublisher(Home home, LocalClient client) : home_(std::move(home)), client_(std::move(client)) {}
  Result<void> reconnect(std::chrono::steady_clock::time_point until, const Error& why);
  Home home_;
  LocalClient client_;
};

}  // namespace ssblog
