// SPDX-License-Identifier: MIT
// sim/host.h - one honest host: a store in memory, and the parts of the daemon that replicate and publish.
//
// Used by World. The parts are the product's own; what stands between them is what `Node` does, without its sockets.
// A life ends and begins anew as a process does; the store and the guard stay.
#pragma once

#include "gossip/circle.h"
#include "gossip/hold_watch.h"
#include "gossip/protocol/doorkeeper.h"
#include "gossip/replicator.h"
#include "sim/ledger.h"
#include "sim/link.h"
#include "sim/planted.h"
#include "sim/trace.h"
#include "store/publish.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace ssblog::sim {

/// What all hosts share.
struct Surroundings {
  EventQueue& queue;
  Random& random;
  Trace& trace;
  Ledger* ledger = nullptr;     ///< null: nothing is checked
  std::string guard_directory;  ///< empty: hosts publish without a guard
  Bug bug = Bug::none;
};

class Host final : public Inhabitant {
 public:
  struct Manner {
    int hops = 3;
    bool ebt = true;  ///< false: an old one, which speaks createHistoryStream alone
  };
  Host(Surroundings& around, HostNumber number, KeyPair keys, Manner manner, Store store);
  ~Host() override;

  // As Link sees it.
  const FeedId& id() const override { return id_; }
  bool is_up() const override { return life_ != nullptr; }
  bool admits(const FeedId& peer) const override;
  PeerNumber new_number() override { return ++last_number_; }
  void opened(End& end) override;
  void take(End& end, const Item& item) override;
  void taken(End& end) override;
  void can_send(End& end) override;
  void closed(End& end) override;
  bool lets_out(End& end, Item& item) override;

  /// A process begins, or is killed. Links are to be deserted first.
  void start();
  void stop();

  /// False: it was not acknowledged.
  bool publish(const std::string& content);

  /// The store is this one from now on. Only between two lives.
  void replace_store(Store store);
  /// The guard as it is, as bytes; empty: there is none.
  std::string copy_guard() const;
  /// Both are as they were: nobody here can tell. `warned`: the store says that it came out of a backup.
  void replace_all(Store store, const std::string& guard, bool warned);
  Store& store() { return store_; }
  /// Contents that wait to be signed.
  std::size_t waiting();
  bool is_held() const;
  Result<Circle> circle();
  const Manner& manner() const { return manner_; }
  const KeyPair& keys() const { return keys_; }
  Traffic& traffic() override { return traffic_; }
  std::size_t connections() const;
  const std::set<FeedId>& wanted() const;

  /// Has the ledger look at what is new in the store.
  void look();

 private:
  struct Life;
  Millis clock() const;
  void news();
  void weigh();
  void sign_waiting();
  void cut(PeerNumber peer, const std::string& why);
  void ask_for_own();
  bool is_connected(const FeedId& host) const;
  std::string plant_in_notes(End& end, Notes notes);
  std::string tag(const End& end) const;

  Surroundings& around_;
  const HostNumber number_;
  const KeyPair keys_;
  const FeedId id_;
  const Manner manner_;
  Store store_;
  Guard guard_;
  Traffic traffic_;
  PeerNumber last_number_ = 0;
  std::uint64_t lives_ = 0;
  std::int64_t looked_at_ = -1;
  std::unique_ptr<Life> life_;
};

}  // namespace ssblog::sim
