// SPDX-License-Identifier: MIT
// gossip/node_state.cc - how this host stands: for its state file, and for rounds of sync.
#include "gossip/node.h"

#include <fmt/format.h>
#include <unistd.h>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto show_pause = 200ms;  // between two writings of the status file
constexpr auto show_again = 1s;     // when it could not be written

}  // namespace

void Node::show_later() {
  if (!show_soon_.running() && !stopping_) show_soon_.start(show_pause);
}

void Node::show() {
  if (!write_daemon_state(options_.home, state()) && !stopping_) show_soon_.start(show_again);
}

DaemonState Node::state() const {
  DaemonState state;
  state.process = ::getpid();
  state.hops = options_.hops;
  state.held = hold_watch_->is_held();
  state.sandbox = options_.sandbox;
  state.troubles = ports_.troubles();
  if (!trouble_.empty()) state.troubles.push_back(fmt::format("nothing can be stored: {}", trouble_));
  if (!damage_.empty()) state.troubles.push_back(damage_);
  if (!guard_trouble_.empty())
    state.troubles.push_back(
        fmt::format("the guard against restored backups cannot be written: {}", guard_trouble_));
  state.rounds = ended_rounds_;
  if (options_.sinks) state.sinks = options_.sinks();
  for (const SinkState& sink : state.sinks) {
    if (!sink.trouble.empty()) state.troubles.push_back(fmt::format("sink {}: {}", sink.name, sink.trouble));
  }
  if (options_.view) state.view = options_.view();
  if (state.view && !state.view->trouble.empty())
    state.troubles.push_back(fmt::format("view: {}", state.view->trouble));
  const auto add = [&](const std::string& host, std::uint16_t port) {
    state.listening.push_back(to_text_for_others(Address{host, port, self_.keys.id(), std::nullopt}));
  };
  for (const SocketAddress& address : listening()) {
    if (!address.wildcard()) {
      add(address.host(), address.port());
      continue;
    }
    // What others can reach, of the same kind.
    for (const SocketAddress& own : own_addresses()) {
      if (own.raw.ss_family == address.raw.ss_family) add(own.host(), address.port());
    }
  }
  std::set<FeedId> connected;
  for (const auto& [number, connection] : connections_) {
    const Peer& peer = *connection.peer;
    if (!peer.is_open()) continue;
    connected.insert(*peer.host());
    const auto distance = replicator_->distance(number);
    state.peers.push_back({*peer.host(), peer.remote().text(), "connected", "", peer.since(), peer.dialled(),
                           distance.we_lack, distance.it_lacks});
  }
  for (const auto& [id, address] : heard_) {
    if (connected.contains(id) || replicator_->wanted().contains(id)) continue;
    state.peers.push_back({id, place_of(address), "heard", "", 0, false, 0, 0});
  }
  for (const DialPlan::State& dial : dials_->states()) {
    if (connected.contains(dial.address.key)) continue;
    state.peers.push_back({dial.address.key, place_of(dial.address), dial.dialling ? "dialling" : "waiting",
                           dial.trouble, 0, true, 0, 0});
  }
  return state;
}

void Node::sync(std::function<void(const Rounds::Outcome&)> over) {
  dials_->hurry();
  rounds_->begin(std::move(over));
}

Rounds::Look Node::look() const {
  Rounds::Look look;
  look.under_way = !dials_->is_settled() || !replicator_->is_idle() || !chores_->is_idle() ||
                   weigh_soon_.running() || !publisher_->is_idle();
  look.moved = replicator_->moved();
  for (const auto& [number, connection] : connections_) {
    const Peer& peer = *connection.peer;
    if (peer.host() == self_.keys.id()) continue;  // a program of ours, or a copy
    if (!peer.dialled() && (!peer.is_open() || !is_known(*peer.host())))
      continue;  // it is not for us to wait for
    const auto standing = peer.is_open() ? replicator_->standing(number) : Replicator::Standing::under_way;
    look.under_way = look.under_way || standing == Replicator::Standing::under_way || !peer.is_flushed();
    look.streams = look.streams || standing == Replicator::Standing::streams;
    if (!peer.is_open()) continue;
    ++look.met;
    look.lacking = look.lacking || replicator_->distance(number).we_lack > 0;
  }
  return look;
}

}  // namespace ssblog
