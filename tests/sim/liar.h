// SPDX-License-Identifier: MIT
// sim/liar.h - a host that keeps to no rule: it claims what it does not have, sends false signatures, forks its feed.
//
// Used by World. What it does follows from the seed; it has a key that others may follow, and real messages that it
// overheard.
#pragma once

#include "sim/host.h"

#include <map>
#include <string>
#include <vector>

namespace ssblog::sim {

class Liar final : public Inhabitant {
 public:
  Liar(Surroundings& around, HostNumber number, KeyPair keys, std::vector<FeedId> feeds);

  const FeedId& id() const override { return id_; }
  bool is_up() const override { return true; }
  bool admits(const FeedId&) const override { return true; }
  PeerNumber new_number() override { return ++last_number_; }
  void opened(End& end) override;
  void take(End& end, const Item& item) override;
  void taken(End& end) override;
  void can_send(End&) override {}
  void closed(End& end) override;
  bool lets_out(End& end, Item& item) override;
  Traffic& traffic() override { return traffic_; }

 private:
  void lie(End& end);
  void claim(End& end);
  void send_own(End& end);
  void send_false(End& end);
  void send_old(End& end);

  Surroundings& around_;
  const HostNumber number_;
  const KeyPair keys_;
  const FeedId id_;
  const std::vector<FeedId> feeds_;
  // What it does at all.
  const bool forks_, forges_, claims_, stalls_, babbles_;
  std::vector<std::string> branches_[2];
  std::map<FeedId, std::vector<std::string>> overheard_;
  std::map<PeerNumber, int> patience_;  ///< lies left for a connection
  PeerNumber last_number_ = 0;
  Traffic traffic_;
};

}  // namespace ssblog::sim
