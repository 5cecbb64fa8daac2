// SPDX-License-Identifier: MIT
// gossip/join.h - the guest's side of an invite: finds the host, logs in with the seed's key, has a feed followed.
//
// Used by `join`. Addresses are tried in order, each for a while, until a host has answered for good. Publishes nothing
// and stores nothing. On the loop's thread. Source: invites.md, "Accepting".
#pragma once

#include "gossip/protocol/invite.h"
#include "gossip/protocol/rpc.h"
#include "gossip/wire.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

class Join {
 public:
  /// An address that did not lead to an answer.
  struct Tried {
    Address address;
    std::string why;
  };
  struct Outcome {
    enum class Kind {
      followed,  ///< the host follows the feed from now on
      already,   ///< it did so before; no use was spent
      refused,   ///< `words` say why
      later,     ///< the host cannot at the moment, says `words`
      unreachable
    };
    Kind kind = Kind::unreachable;
    std::optional<Address> at;  ///< who answered
    std::string words;          ///< of the host: not to be trusted
    std::vector<Tried> tried;   ///< before that
  };

  /// How long one address may take until its handshake is done.
  static constexpr std::chrono::seconds patience{5};

  /// `feed` is to be followed. Borrows the loop. `over` is called once, and may end the object.
  Join(Loop& loop, const NetworkKey& network, const Invite& invite, const FeedId& feed,
       std::function<void(const Outcome&)> over);
  Join(const Join&) = delete;
  Join& operator=(const Join&) = delete;

  void begin() { next_.start(std::chrono::milliseconds(0)); }

  /// No more is waited for; `over` is called soon.
  void give_up();

 private:
  void try_next();
  void connected(Result<std::unique_ptr<TcpStream>> stream);
  void opened();
  void take(ByteView plain);
  void answered(const std::optional<std::string>& error);
  void ended(const std::string& why);
  void failed(const std::string& why);
  void flush();

  Loop& loop_;
  const NetworkSelf self_;
  const std::vector<Address> addresses_;
  const FeedId feed_;
  const std::function<void(const Outcome&)> over_;
  std::size_t tried_ = 0;  ///< addresses that were begun with
  Outcome outcome_;
  bool answered_ = false;
  bool calling_ = false;  ///< connected, and the host has not answered yet
  ByteBuf out_;
  std::optional<Rpc> rpc_;
  std::unique_ptr<TcpDial> dial_;
  std::unique_ptr<Wire> wire_;
  Timer late_, next_;
};

}  // namespace ssblog
