// SPDX-License-Identifier: MIT
// cli/join_home.h - the home with which a host joins: the one that is there, or a new one, with the network key of the
// invite.
//
// Used by join. A home that belongs to another network is left alone, unless nothing was done with it yet.
#pragma once

#include "cli/new_home.h"
#include "gossip/protocol/invite.h"

#include <optional>
#include <string>

namespace ssblog {

struct JoinOptions {
  std::optional<std::string> path, name, network_key;
  bool system = false;
};

struct JoiningHost {
  Settings settings;
  NetworkKey network;  ///< that the invite is of
};

/// Code::config when the home is of another network, or nobody says which one the invite is of.
Result<JoiningHost> prepare_home(const JoinOptions& wanted, const Invite& invite);

}  // namespace ssblog
