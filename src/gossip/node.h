// SPDX-License-Identifier: MIT
// gossip/node.h - one host of the network: who is connected, who is dialled, what is replicated.
//
// Used by the daemon. Everything runs on the loop's thread, but signature checks and what has to wait for the store.
// Other processes write to the same store; a word at the door, or the change of a file, says so.
// Its life is in node.cc, connections in node_connections.cc, guests with an invite in node_guests.cc, feeds that take the
// place of others in node_successors.cc, other processes in node_door.cc, what concerns our own feed in node_own_feed.cc,
// copies of this host in node_copies.cc, what it shows in node_state.cc.
// Source: design.md, sections 3 and 5.
#pragma once

#include "gossip/dials.h"
#include "gossip/guests.h"
#include "gossip/hold_watch.h"
#include "gossip/lan.h"
#include "gossip/local_api.h"
#include "gossip/log_gate.h"
#include "gossip/log_keeper.h"
#include "gossip/mender.h"
#include "gossip/own_publisher.h"
#include "gossip/peer.h"
#include "gossip/ports.h"
#include "gossip/protocol/doorkeeper.h"
#include "gossip/protocol/own_key_watch.h"
#include "gossip/replicator.h"
#include "gossip/rounds.h"
#include "loop/watch.h"
#include "store/daemon_door.h"
#include "store/daemon_state.h"
#include "store/successors.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// As syslog has them.
enum class LogLevel : int { error = 3, warning = 4, notice = 5, info = 6 };

struct NodeOptions {
  Home home;
  std::optional<SigningKey> hmac;
  std::vector<SocketAddress> listen;
  std::optional<Lan::Options> lan;                 ///< none: nobody is called, nobody heard
  std::optional<LocalApi::Socket> publish_socket;  ///< none: only this user publishes
  int hops = 3;  ///< JavaScript's: 1 is those we follow, 2 those whom they follow, ...
  std::function<void(LogLevel, const std::string&)> log;
  std::function<Millis()> clock;                   ///< ms since 1970
  std::function<std::vector<SinkState>()> sinks;   ///< to be shown; may be empty
  std::function<std::optional<ViewState>()> view;  ///< likewise
  std::string sandbox;  ///< what of it is in force, to be shown; empty: nothing to be said
};

class Node final : private PeerOwner {
 public:
  /// Borrows the loop and `self`.
  Node(Loop& loop, const NetworkSelf& self, NodeOptions options);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node();

  /// Opens the store, the door and the ports, and dials.
  Result<void> start();

  /// Says goodbye to everybody; `stopped` is called when they are gone, at the latest after a second.
  void stop(std::function<void()> stopped);

  /// Dials everybody now; `over` is called when all is exchanged with whoever can be reached.
  void sync(std::function<void(const Rounds::Outcome&)> over);

  /// How this host stands at this moment.
  DaemonState state() const;

  /// Something that it shows has changed: it is written soon.
  void show_later();

  /// Where we listen in truth.
  std::vector<SocketAddress> listening() const { return ports_.listening(); }
  std::size_t peer_count() const;

 private:
  bool lets_in(const Peer& peer, const FeedId& host) override;
  void opened(Peer& peer) override;
  void ebt_opened(Peer& peer, bool client) override { replicator_->ebt_opened(peer, client); }
  bool ebt_item(Peer& peer, ByteView body) override { return replicator_->ebt_item(peer, body); }
  void ebt_closed(Peer& peer) override { replicator_->ebt_closed(peer); }
  void ebt_refused(Peer& peer) override { replicator_->ebt_refused(peer); }
  void history_asked(Peer& peer, CallId id, const std::string& args) override {
    replicator_->history_asked(peer, id, args);
  }
  void history_item(Peer& peer, CallId id, ByteView body) override {
    replicator_->history_item(peer, id, body);
  }
  void history_over(Peer& peer, CallId id, bool failed) override {
    replicator_->history_over(peer, id, failed);
  }
  void can_send(Peer& peer) override { replicator_->can_send(peer); }
  void ended(Peer& peer, const WireEnd& end) override;
  void successor_told(Peer& peer, CallId id, const std::string& args) override;
  bool takes_guest(Peer& peer, const FeedId& key) override;
  void guest_called(Peer& peer, const FeedId& guest, CallId id, const std::string& args) override;
  Millis clock() override { return options_.clock(); }

  struct Connection {
    std::unique_ptr<Peer> peer;
    std::optional<Address> address;      ///< that we dialled
    bool echo = false;                   ///< the other end is this very program
    std::chrono::milliseconds opened{};  ///< when the handshake was over, by the loop's clock
  };

  Result<void> open_store();
  Result<void> open_door();
  void watch_damage();
  void check_pages_after_crash();
  void hear();
  void weigh_later();
  void drop(const Address& address);
  void hear_word(const std::string& word);
  void news();
  void start_lan();
  void heard(const LanPeer& peer);
  void links_changed();
  void hurry_again();
  void accept(std::unique_ptr<TcpStream> stream);
  bool admits(const FeedId& host);
  Peer& take(std::unique_ptr<TcpStream> stream, const std::optional<FeedId>& server,
             const std::optional<Address>& address);
  void settle_doubles(Peer& fresh);
  Result<void> weigh_contacts();
  void cut(PeerNumber number, const std::string& why);
  bool is_connected(const FeedId& host) const;
  bool is_known(const FeedId& host) const;
  void make_room_for_stranger();
  bool make_room();
  void watch_hold();
  bool is_copy(const Peer& peer) const;
  bool find_echo(const Peer& peer);
  void own_key_heard(const Address& address);
  void meet_copy(Peer& peer);
  void look_at_copies();
  void ask_for_own();
  Result<void> look_for_own_statement();
  Result<void> look_at_successions();
  void settle_fork(const Succession& succession);
  void follow_successor(const Successor& statement);
  void guest_answered(const Guests::Answer& answer);
  void settle_hold(const OwnPublisher::Standing& standing);
  Rounds::Look look() const;
  void show();
  void log(LogLevel level, const std::string& text) { options_.log(level, text); }
  /// What others can cause: so many lines of a kind, and no more.
  void log_some(const std::string& kind, LogLevel level, const std::string& text);
  std::string name_of(const FeedId& host);

  Loop& loop_;
  const NetworkSelf& self_;
  NodeOptions options_;
  std::optional<Store> store_;
  std::unique_ptr<LogKeeper> log_keeper_;
  std::optional<PeerBook> book_;
  std::unique_ptr<Chores> chores_;
  std::unique_ptr<HoldWatch> hold_watch_;
  std::unique_ptr<Replicator> replicator_;
  std::unique_ptr<Dials> dials_;
  Ports ports_;
  std::optional<Lan> lan_;
  std::map<FeedId, Address> heard_;  ///< in the LAN, but not wanted
  OwnKeyWatch own_key_;
  std::map<std::string, std::unique_ptr<TcpDial>> own_key_dials_;  ///< by the text of the address
  std::string copy_at_;  ///< where a copy of this host was met and told of; empty: nowhere
  std::optional<DaemonDoor> door_;
  std::optional<ReadWatch> door_watch_;
  std::optional<FileWatch> store_watch_;
  std::map<PeerNumber, Connection> connections_;
  std::vector<std::unique_ptr<Peer>> ended_;  ///< whose callbacks may still be on the stack
  PeerNumber last_number_ = 0;
  std::set<FeedId> blocked_;
  std::string own_statement_;              ///< whose place we take; empty: nobody's
  bool statement_heard_ = false;           ///< and not looked at yet
  std::set<FeedId> succession_under_way_;  ///< old feeds
  std::set<FeedId> successions_told_;      ///< in the log
  std::map<FeedId, Ticket> fork_work_;     ///< by the old feed
  Doorkeeper doorkeeper_;
  LogGate gate_;
  std::string news_trouble_;  ///< why the store could not be looked at, the last time
  bool stopping_ = false;
  std::string trouble_;  ///< of the store
  std::string guard_trouble_;
  std::string damage_;  ///< in the store, for a person to look at
  Ticket page_check_;
  /// Its worker may outlive this object by a moment.
  const std::shared_ptr<std::atomic<bool>> page_check_off_ = std::make_shared<std::atomic<bool>>(false);
  std::function<void()> stopped_;
  std::unique_ptr<OwnPublisher> publisher_;
  std::unique_ptr<Guests> guests_;
  std::unique_ptr<Mender> mender_;
  std::unique_ptr<LocalApi> api_;
  std::unique_ptr<Rounds> rounds_;
  std::vector<RoundState> ended_rounds_;
  int hurries_ = 0;  ///< left, since links changed
  Timer bury_, forgive_, hurry_soon_, show_soon_, weigh_soon_, calm_soon_, stop_late_, news_soon_;
};

}  // namespace ssblog
