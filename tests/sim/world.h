// SPDX-License-Identifier: MIT
// sim/world.h - hosts on a simulated network and clock, and what befalls them.
//
// Used by the scenario of a seed, and by bench/scale. One thread, one queue of events; after each event the host that it
// was about is held against the ledger.
#pragma once

#include "sim/host.h"
#include "sim/liar.h"

#include <set>
#include <utility>

namespace ssblog::sim {

class World {
 public:
  struct Options {
    std::uint64_t seed = 1;
    Bug bug = Bug::none;
    std::FILE* trace = nullptr;
    bool checked = true;
    std::string guard_directory;
    Link::Manner links;
  };
  explicit World(const Options& options);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  // Who is there.
  HostNumber add_host(const Host::Manner& manner);
  HostNumber add_liar();
  std::size_t size() const { return hosts_.size(); }
  bool is_honest(HostNumber host) const { return hosts_[host] != nullptr; }
  Host& host(HostNumber number) { return *hosts_[number]; }
  const FeedId& id(HostNumber host) const { return inhabitants_[host]->id(); }
  HostNumber number_of(const FeedId& id) const { return numbers_.at(id); }

  // What is done to them.
  /// `a` knows an address of `b`, and dials whenever they are not connected.
  void add_road(HostNumber a, HostNumber b);
  void dial(HostNumber a, HostNumber b);
  void start(HostNumber host);
  void stop(HostNumber host);
  void cut_one();
  void cut_all();
  /// While closed, nobody dials by itself.
  void open_roads(bool open);

  /// Runs all events up to a time, or to a violation. False: there was one.
  bool run_until(Time time);
  /// Runs until `over`, asked at each step of the time; not beyond `latest`. False: it never was.
  bool run_until(Time latest, Time step, const std::function<bool()>& over);

  /// Pairs of honest hosts of which one dials the other and neither blocks it.
  std::vector<std::pair<HostNumber, HostNumber>> meetings();

  std::size_t link_count() const { return links_.size(); }
  std::uint64_t events() const { return events_; }
  EventQueue& queue() { return queue_; }
  Random& random() { return random_; }
  Ledger& ledger() { return ledger_; }
  Trace& trace() { return trace_; }
  void say(const std::string& what) { trace_.line(queue_.now(), what); }

  /// Feeds that each host will hold whole when everybody has talked: what it wants, and a path of hosts that want it
  /// leads to it from the author, along roads, past blocks.
  std::vector<std::set<FeedId>> reachable();

 private:
  struct Road {
    HostNumber from, to;
    int failures = 0;
  };
  KeyPair keys_of(HostNumber number);
  void over(Link& link);
  void dial_later(std::size_t road);
  bool is_linked(HostNumber a, HostNumber b) const;

  const Options options_;
  EventQueue queue_;
  Random random_;
  Trace trace_;
  Ledger ledger_;
  Surroundings around_;
  std::vector<std::unique_ptr<Inhabitant>> inhabitants_;
  std::vector<Host*> hosts_;  ///< null: a liar
  std::map<FeedId, HostNumber> numbers_;
  std::vector<std::shared_ptr<Link>> links_;
  std::vector<Road> roads_;
  bool roads_open_ = true;
  std::uint64_t events_ = 0;
};

}  // namespace ssblog::sim
