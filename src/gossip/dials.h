// SPDX-License-Identifier: MIT
// gossip/dials.h - the dials that are under way.
//
// Used by Node. DialPlan says whom and when; here are the sockets, the timer and the chance. On the loop's thread.
// Nothing happens between two dials.
#pragma once

#include "gossip/protocol/dial_plan.h"
#include "loop/tcp.h"
#include "loop/timer.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ssblog {

class Dials {
 public:
  using Outcome = DialPlan::Outcome;

  struct Events {
    DialPlan::Settled settled;
    std::function<void(const Address& address, std::unique_ptr<TcpStream> stream)> made;
    std::function<void(const Address& address, const Error& error)> failed;
  };

  Dials(Loop& loop, Events events);

  /// Dials an address from now on, at once. False: there are too many.
  bool add(const Address& address);
  /// Dials it no more.
  void remove(const Address& address);
  /// Somebody in the LAN said that a host is there.
  void hint(const Address& address);
  /// Tries every address now that waits for its time.
  void hurry();
  /// The same, and dials in the LAN that take their time begin anew: their first packet went nowhere.
  void hurry_anew();
  /// A connection to an address has ended, or could not be used.
  void ended(const Address& address, Outcome outcome, const std::string& trouble);
  /// A connection to an address is good.
  void worked(const Address& address) { plan_.worked(address); }
  /// Somebody became free or left: look again who is to be dialled.
  void look();

  /// No dial is under way, nor due.
  bool is_settled() const { return plan_.is_settled(loop_.now(), events_.settled); }
  std::vector<DialPlan::State> states() const { return plan_.states(); }

 private:
  void dial(const Address& address);
  void dialled(const Address& address, Result<std::unique_ptr<TcpStream>> stream);

  Loop& loop_;
  Events events_;
  DialPlan plan_;
  std::map<std::string, std::unique_ptr<TcpDial>> dials_;  ///< by the text of the address
  std::vector<std::unique_ptr<TcpDial>> done_;
  Timer next_;
};

}  // namespace ssblog
