// SPDX-License-Identifier: MIT
// gossip/dials.h - the hosts that we dial, and when.
//
// Used by Node. An address that fails is tried again, later and later; one that fails for a lasting reason (another
// network key) much later. On the loop's thread. Nothing happens here between two dials.
#pragma once

#include "gossip/protocol/address.h"
#include "loop/tcp.h"
#include "loop/timer.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ssblog {

class Dials {
 public:
  struct Events {
    /// True: no dial is needed now.
    std::function<bool(const FeedId& host)> connected;
    std::function<void(const Address& address, std::unique_ptr<TcpStream> stream)> made;
    std::function<void(const Address& address, const Error& error)> failed;
  };

  /// How a connection ended says how soon it is worth another.
  enum class Outcome {
    lasted,  ///< it worked: again soon
    failed,  ///< later and later
    useless  ///< much later: what is wrong has to be put right by a person
  };

  struct State {
    Address address;
    int failures = 0;
    bool dialling = false;
    std::string trouble;  ///< why the last try failed; empty: it did not
  };

  Dials(Loop& loop, Events events);

  /// Dials an address from now on, at once. False: there are too many.
  bool add(const Address& address);
  /// Tries every address now that waits for its time.
  void hurry();
  /// A connection to an address has ended, or could not be used.
  void ended(const Address& address, Outcome outcome, const std::string& trouble);
  /// A connection to an address is good.
  void worked(const Address& address);
  /// Somebody became free or left: look again who is to be dialled.
  void look();

  /// No dial is under way, nor due.
  bool is_settled() const;

  std::vector<State> states() const;

 private:
  struct Target {
    State state;
    std::chrono::milliseconds due{0};
    std::unique_ptr<TcpDial> dial;
  };
  void dial(Target& target);
  void dialled(const std::string& name, Result<std::unique_ptr<TcpStream>> stream);
  void postpone(Target& target, Outcome outcome);

  Loop& loop_;
  Events events_;
  std::map<std::string, Target> targets_;  ///< by their text
  std::vector<std::unique_ptr<TcpDial>> done_;
  Timer next_;
};

}  // namespace ssblog
