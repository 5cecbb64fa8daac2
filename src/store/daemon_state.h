// SPDX-License-Identifier: MIT
// store/daemon_state.h - what the daemon of a home shows of itself: a small file beside the store.
//
// Written by Node; read by peers, status, sync and connect. The daemon's lock says whether it is there at all.
// Any thread.
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
  std::string state;    ///< connected, dialling, waiting, heard (in the LAN, and not wanted)
  std::string trouble;  ///< why it is not connected
  Millis since = 0;     ///< of the connection, ms since 1970
  bool dialled = false;
  std::uint64_t we_lack = 0;   ///< messages that it claims beyond ours
  std::uint64_t it_lacks = 0;  ///< messages of ours beyond its claims
};

/// A round of `sync` that is over.
struct RoundState {
  std::string token;      ///< of who asked for it
  std::uint64_t met = 0;  ///< hosts that were connected at its end
  bool whole = true;      ///< everything that they claim is here
};

/// A program that is given the lines (src/sink).
struct SinkState {
  std::string name;
  std::string state;             ///< starting, running, idle, resting
  std::string trouble;           ///< why it rests, or cannot go on; empty: nothing is wrong
  std::uint64_t lines = 0;       ///< taken since the daemon started
  std::uint64_t unanswered = 0;  ///< lines that are given and not taken
  std::uint64_t failures = 0;    ///< of the program, since the daemon started
};

/// The program that serves the REST API and the page (src/view).
struct ViewState {
  std::string state;    ///< starting, serving, resting
  std::string address;  ///< where it listens
  int port = 0;         ///< that it has in truth; 0: none
  std::string socket;   ///< not empty: there, and not at the address
  std::string trouble;  ///< why it rests; empty: nothing is wrong
};

struct DaemonState {
  int process = 0;
  int hops = 0;
  std::vector<std::string> listening;  ///< addresses as SSB writes them
  bool held = false;
  std::string sandbox;                ///< what of it is in force; empty: not known
  std::vector<std::string> troubles;  ///< of the store and the ports, a sentence each
  std::vector<PeerState> peers;
  std::vector<SinkState> sinks;
  std::optional<ViewState> view;   ///< none: the daemon does not serve it
  std::vector<RoundState> rounds;  ///< the last few
};

/// Hosts that it has a connection to.
std::size_t connected_in(const DaemonState& state);

/// Replaces the file; where the home has the folder `view`, the file has a second name there, since the sandbox of what serves
/// the view leaves that folder alone. It is not synced; where it cannot be written, there is none.
/// @return false: it could not be written, or there is no descriptor for it now, and the old one stays.
bool write_daemon_state(const Home& home, const DaemonState& state);

/// Nothing when there is no daemon.
Result<std::optional<DaemonState>> read_daemon_state(const Home& home);

/// True: the last daemon did not end by itself. For the daemon that begins, before it shows itself.
bool left_by_crash(const Home& home);

/// For the daemon that ends.
void remove_daemon_state(const Home& home);

}  // namespace ssblog
