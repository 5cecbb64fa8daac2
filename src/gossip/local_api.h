// SPDX-License-Identifier: MIT
// gossip/local_api.h - the daemon's unix socket: muxrpc for programs of this machine, as ssb-server offers it.
//
// Used by Node. No handshake: who may open the socket may do everything, as its owner. A second one, for other users of
// the machine, takes `log`, `job` and `loss` records and nothing else. Network peers get other methods (peer.cc). A client costs bounded memory: what it does not read is not fetched. On the loop's thread.
// Source: local-api.md; `ssb-client` with the remote `unix:PATH~noauth`.
#pragma once

#include "gossip/local_queries.h"
#include "gossip/message_stream.h"
#include "gossip/own_publisher.h"
#include "gossip/protocol/address.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "store/daemon_state.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ssblog {

class LocalApi {
 public:
  /// What the node lends.
  struct Host {
    FeedId own;
    int hops = 0;
    std::function<DaemonState()> state;
    /// Dials from now on. False: too many addresses.
    std::function<bool(const Address&)> connect;
    /// A message was published: the network is to know.
    std::function<void()> published;
  };

  /// A socket for other users.
  struct Socket {
    std::string path;
    PipeListener::Rights rights;
  };

  LocalApi(Loop& loop, Store& store, OwnPublisher& publisher, Home home, Host host);
  ~LocalApi();

  /// The socket `socket` in the home, for its user alone.
  Result<void> open();

  /// The one for other users. Code::config, with the socket open, when its directory lets nobody else in.
  Result<void> open_for_others(const Socket& socket);

  /// Nobody is served any more.
  void close();

  /// The store has grown: live streams go on.
  void news();

 private:
  struct Client;
  enum class Who { owner, other };
  void accept(std::unique_ptr<Stream> stream, Who who);
  std::size_t count(Who who) const;
  void make_room(Who who);
  void take(Client& client, ByteView in);
  void go_on(Client& client);
  void read_on();
  void settle_reading(Client& client);
  void on(Client& client, const RpcCall& call);
  void call_publish(Client& client, const RpcCall& call);
  void call_get(Client& client, const RpcCall& call);
  void call_stream(Client& client, const RpcCall& call);
  void call_connect(Client& client, const RpcCall& call);
  Result<Address> address_of(std::string_view args) const;
  void look_at_dials();
  std::string peers() const;
  std::string status();
  void answer(std::uint64_t client, CallId id, const Result<std::string>& result);
  void push(Client& client);
  void flush(Client& client);
  void end(std::uint64_t number);

  Loop& loop_;
  Store& store_;
  OwnPublisher& publisher_;
  const Home home_;
  const Host host_;
  std::unique_ptr<PipeListener> listener_;
  std::unique_ptr<PipeListener> others_;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Client>> ended_;
  /// A call of gossip.connect, until it comes to a connection or a reason why not.
  struct Awaited {
    std::uint64_t client;
    CallId call;
    FeedId host;
    std::string place;  ///< HOST:PORT
    std::chrono::milliseconds until;
  };
  std::vector<Awaited> awaited_;
  std::size_t searches_ = 0;  ///< in this turn
  Timer bury_, go_on_, look_soon_, read_later_;
};

}  // namespace ssblog
