// SPDX-License-Identifier: MIT
// gossip/neighbour.h - one connected host, as replication sees it.
//
// Used by Replicator. `Peer` is the real one, over TCP; the simulation (tests/sim) has another. On the loop's thread.
#pragma once

#include "gossip/protocol/ebt.h"
#include "gossip/protocol/rpc.h"

#include <optional>
#include <string_view>

namespace ssblog {

class Neighbour {
 public:
  Neighbour() = default;
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  virtual PeerNumber number() const = 0;
  /// Whom we talk to; for one that dialled us only once the handshake is done.
  virtual const std::optional<FeedId>& host() const = 0;

  /// More may be sent now without the buffers growing beyond their bound.
  virtual bool has_room() const = 0;

  /// The stream of ebt.replicate is open, whoever called it.
  virtual bool has_ebt() const = 0;
  /// Sends notes or a message on it.
  virtual void send_ebt(std::string_view json) = 0;

  /// Asks for a feed. `args` as in muxrpc.
  virtual CallId call_history(std::string_view args) = 0;
  virtual void send_history(CallId id, std::string_view json) = 0;
  virtual void end_history(CallId id) = 0;

  /// True: nothing more is read from the network until we can take it.
  virtual void hold_back(bool on) = 0;

  /// Sends what was put together since the last flush, in one write.
  virtual void flush() = 0;

 protected:
  ~Neighbour() = default;
};

}  // namespace ssblog
