// SPDX-License-Identifier: MIT
#include "sim/scenario.h"

#include "sim/copy_store.h"
#include "sim/guard_place.h"
#include "sim/world.h"

#include <algorithm>

namespace ssblog::sim {
namespace {

using namespace std::chrono_literals;

constexpr Time unrest = 40s;
constexpr Time longest_calm = 3h;  // a claim of a host that was cut is waited for as long as it is cut
constexpr Time calm_step = 5s;
constexpr Time after_calm = 10s;  // nothing changes any more

class Scenario {
 public:
  Scenario(std::uint64_t seed, Bug bug, std::FILE* trace)
      : world_({seed, bug, trace, true, guards_.path(), links(seed)}), bug_(bug) {}

  Outcome run() {
    people();
    if (world_.run_until(unrest)) calm();
    Outcome outcome;
    outcome.violation = world_.ledger().violation();
    outcome.trace = world_.trace().hash();
    outcome.events = world_.events();
    outcome.calm = calm_;
    outcome.set_backs = set_backs_;
    outcome.restarts = restarts_;
    outcome.blocks = blocks_;
    return outcome;
  }

 private:
  static Link::Manner links(std::uint64_t seed) {
    Random random(seed ^ 0x5eed);
    Link::Manner manner;
    manner.most_delay = Time(random.between(1'000, 200'000));
    manner.room = static_cast<std::size_t>(random.between(2'000, 64'000));
    return manner;
  }

  /// Hosts in a ring, so that all are connected, and some roads more.
  void people() {
    Random& random = world_.random();
    const std::size_t count = 3 + random.below(5);
    const int old_ones = random.chance(50) ? 30 : 0;
    for (std::size_t i = 0; i < count; ++i)
      world_.add_host({static_cast<int>(random.between(1, 3)), !random.chance(old_ones)});
    snapshots_.resize(count);
    if (random.chance(50)) liar_ = world_.add_liar();
    for (HostNumber i = 0; i < count; ++i) {
      follow(i, (i + 1) % count);
      if (random.chance(40)) follow(i, random.below(count));
      if (random.chance(30)) follow((i + 1) % count, i);
      if (liar_ == nobody) continue;
      if (random.chance(60)) follow(i, liar_);
      // It looks for everybody: a host that we know, claims, and stays away, is waited for.
      world_.add_road(liar_, i);
    }
    for (HostNumber i = 0; i < count; ++i) world_.start(i);
    for (int i = 0; i < 60; ++i) {
      const Time at(random.between(0, unrest.count()));
      world_.queue().at(at, nobody, [this] { befall(); });
    }
  }

  void follow(HostNumber a, HostNumber b) {
    if (a == b) return;
    world_.host(a).publish(follow_content(world_.id(b), true));
    world_.add_road(a, b);
  }

  HostNumber any_host() { return world_.random().below(snapshots_.size()); }

  void write(HostNumber host, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      world_.host(host).publish(fmt::format(R"({{"type":"post","text":"{} of h{}"}})", ++written_, host));
    world_.host(host).look();
  }

  /// Something happens.
  void befall() {
    Random& random = world_.random();
    const HostNumber host = any_host();
    const std::size_t die = random.below(100);
    if (die < 43) {
      write(host, 1 + random.below(4));
    } else if (die < 44) {
      write(host, 150);
    } else if (die < 60) {
      world_.cut_one();
    } else if (die < 68) {
      HostNumber other = random.below(world_.size());
      if (other != host) world_.dial(host, other);  // perhaps a second connection
    } else if (die < 78) {
      restart(host);
    } else if (die < 84) {
      back_up(host);
    } else if (die < 90) {
      set_back(host);
    } else if (die < 94) {
      disk(host);
    } else if (die < 97) {
      block(host);
    } else {
      nobody_dials();
    }
  }

  void restart(HostNumber host) {
    if (!world_.host(host).is_up()) return;
    ++restarts_;
    world_.stop(host);
    world_.queue().after(Time(world_.random().between(1'000, 5'000'000)), host, [this, host] {
      if (!world_.host(host).is_up()) world_.start(host);
    });
  }

  /// What waits in the spool is nowhere else: a backup is taken when nothing waits, and put back likewise.
  void back_up(HostNumber host) {
    if (world_.host(host).waiting() > 0) return;
    auto copy = copy_store(world_.host(host).store());
    if (!copy) return;
    world_.say(fmt::format("h{} is backed up", host));
    snapshots_[host].emplace(std::move(*copy));
  }

  /// Only one host of a world is set back, and only while a host that it follows holds all of its feed: what nobody
  /// else holds is lost with the disk, whatever a program does.
  void set_back(HostNumber host) {
    if (!snapshots_[host] || (set_back_host_ != nobody && set_back_host_ != host)) return;
    if (!world_.host(host).is_up() || world_.host(host).waiting() > 0) return;
    const Ledger& ledger = world_.ledger();
    const FeedId& own = world_.id(host);
    bool saved = false;
    for (HostNumber other = 0; other < snapshots_.size(); ++other) {
      saved = saved || (other != host && ledger.relation(host, own, world_.id(other)) == Relation::follows &&
                        ledger.held(other, own) == ledger.signed_of(host));
    }
    if (!saved) return;
    auto copy = copy_store(*snapshots_[host]);
    if (!copy) return;
    set_back_host_ = host;
    ++set_backs_;
    world_.stop(host);
    world_.say(fmt::format("h{} is set back", host));
    world_.host(host).replace_store(std::move(*copy));
    world_.queue().after(Time(world_.random().between(1'000, 2'000'000)), host, [this, host] {
      if (!world_.host(host).is_up()) world_.start(host);
    });
    write(host, 1);
  }

  void disk(HostNumber host) {
    world_.say(fmt::format("the disk of h{} is full", host));
    (void)fill_disk(world_.host(host).store(), true);
    world_.queue().after(Time(world_.random().between(1'000, 8'000'000)), host, [this, host] {
      world_.say(fmt::format("the disk of h{} has room", host));
      (void)fill_disk(world_.host(host).store(), false);
    });
  }

  void block(HostNumber host) {
    const HostNumber other = any_host();
    if (other == host || blocks_ > 1) return;
    ++blocks_;
    world_.host(host).publish(block_content(world_.id(other), true));
    world_.host(host).look();
  }

  /// Everybody is alone for a while, and they meet in another order.
  void nobody_dials() {
    world_.open_roads(false);
    for (int i = 0; i < 5; ++i) world_.cut_one();
    world_.queue().after(Time(world_.random().between(100'000, 6'000'000)), nobody,
                         [this] { world_.open_roads(true); });
  }

  void calm() {
    world_.say("calm");
    world_.open_roads(true);
    for (HostNumber i = 0; i < snapshots_.size(); ++i) {
      (void)fill_disk(world_.host(i).store(), false);
      if (!world_.host(i).is_up()) world_.start(i);
    }
    const Time begun = world_.queue().now();
    std::string missing;
    // The last ones to be up publish once more: news have to arrive too.
    const bool equal = world_.run_until(begun + longest_calm, calm_step,
                                        [&] { return (missing = what_is_missing()).empty(); });
    calm_ = world_.queue().now() - begun;
    if (world_.ledger().violation()) return;
    if (!equal) return world_.ledger().break_invariant(equal_in_the_end, missing);
    if (!world_.run_until(world_.queue().now() + after_calm)) return;
    // From the first message on, whatever was looked at before.
    for (HostNumber i = 0; i < snapshots_.size(); ++i) {
      world_.ledger().replaced(i);
      world_.ledger().look(i, world_.host(i).store(), world_.host(i).waiting());
    }
    missing = what_is_missing();
    if (!missing.empty()) world_.ledger().break_invariant(equal_in_the_end, missing);
  }

  std::string what_is_missing() {
    const Ledger& ledger = world_.ledger();
    const auto reachable = world_.reachable();
    for (HostNumber i = 0; i < snapshots_.size(); ++i) {
      if (ledger.signed_of(i) != ledger.acknowledged_of(i))
        return fmt::format("h{} has signed {} of {}", i, ledger.signed_of(i), ledger.acknowledged_of(i));
      for (const FeedId& feed : reachable[i]) {
        const HostNumber author = world_.number_of(feed);
        if (ledger.held(i, feed) != ledger.signed_of(author))
          return fmt::format("h{} holds {} of h{}, who signed {}", i, ledger.held(i, feed), author,
                             ledger.signed_of(author));
      }
    }
    return {};
  }

  GuardPlace guards_;
  World world_;
  const Bug bug_;
  std::vector<std::optional<Store>> snapshots_;
  HostNumber liar_ = nobody;
  HostNumber set_back_host_ = nobody;
  std::size_t set_backs_ = 0, restarts_ = 0, blocks_ = 0;
  std::uint64_t written_ = 0;
  Time calm_{0};
};

}  // namespace

Outcome run_seed(std::uint64_t seed, Bug bug, std::FILE* trace) { return Scenario(seed, bug, trace).run(); }

}  // namespace ssblog::sim
