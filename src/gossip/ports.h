// SPDX-License-Identifier: MIT
// gossip/ports.h - where we listen, and what keeps us from it.
//
// Used by Node. A port that another program has is tried again until it is free: dialling goes on meanwhile. On the
// loop's thread.
#pragma once

#include "loop/tcp.h"
#include "loop/timer.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ssblog {

class Ports {
 public:
  struct Events {
    TcpListener::Accept accept;
    std::function<void(const SocketAddress&)> listening;
    std::function<void(const Error&)> trouble;  ///< said once an address; it is tried again
  };

  Ports(Loop& loop, Events events);

  /// @return an error that no waiting will heal (a port that only root may use).
  Result<void> open(const std::vector<SocketAddress>& addresses);
  void close();

  /// Where we listen in truth.
  std::vector<SocketAddress> listening() const;
  /// What keeps us from listening, a sentence an address.
  std::vector<std::string> troubles() const;

 private:
  struct Port {
    SocketAddress address;
    std::unique_ptr<TcpListener> listener;
    std::string trouble;
  };
  Result<void> try_one(Port& port);
  void try_again();

  Loop& loop_;
  Events events_;
  std::vector<Port> ports_;
  Timer later_;
};

}  // namespace ssblog
