// SPDX-License-Identifier: MIT
#include "sim/scenario.h"

#include "sim/copy_store.h"
#include "sim/guard_place.h"
#include "sim/world.h"
#include "store/forks.h"

#include <algorithm>

namespace ssblog::sim {
namespace {

using namespace std::chrono_literals;

constexpr Time unrest = 40s;
constexpr Time longest_calm = 3h;  // a claim of a host that was cut is waited for as long as it is cut
constexpr Time calm_step = 5s;
constexpr Time after_calm = 10s;              // nothing changes any more
constexpr std::uint64_t guards_too_each = 4;  // worlds of so many is one in which guards are set back, too
constexpr std::size_t most_restores = 3;      // of such a world
constexpr int last_meetings = 3;

class Scenario {
 public:
  Scenario(std::uint64_t seed, Bug bug, std::FILE* trace)
      : world_({seed, bug, trace, true, guards_.path(), links(seed)}),
        guards_too_(seed % guards_too_each == 0),
        bug_(bug) {}

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
    outcome.restores = restored_.size();
    outcome.known = world_.ledger().quiet().size();
    for (const HostNumber host : restored_) outcome.forks += world_.ledger().is_forked(host) ? 1 : 0;
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
    // Where guards are set back too, who never answers keeps a hold for ever, and old ones are told of no fork.
    const int old_ones = random.chance(50) && !guards_too_ ? 30 : 0;
    for (std::size_t i = 0; i < count; ++i)
      world_.add_host({static_cast<int>(random.between(1, 3)), !random.chance(old_ones)});
    snapshots_.resize(count);
    if (random.chance(50) && !guards_too_) liar_ = world_.add_liar();
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
    follows_.insert({a, b});
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
    snapshots_[host].emplace(Snapshot{std::move(*copy), world_.host(host).copy_guard()});
  }

  /// A host that is followed holds all of the feed, `host` aside.
  bool is_saved(HostNumber author, HostNumber host) {
    const Ledger& ledger = world_.ledger();
    const FeedId& own = world_.id(author);
    for (HostNumber other = 0; other < snapshots_.size(); ++other) {
      if (other == author || other == host) continue;
      if (blocked_.contains({author, other}) || blocked_.contains({other, author})) continue;
      if (follows_.contains({author, other}) && ledger.held(other, own) == ledger.signed_of(author))
        return true;
    }
    return false;
  }

  /// Several hosts may be set back, but only while all of each feed is at its author's, or at a host that it follows: what
  /// nobody else holds is lost with the disk, whatever a program does.
  void set_back(HostNumber host) {
    if (!snapshots_[host] || !world_.host(host).is_up() || world_.host(host).waiting() > 0) return;
    if (guards_too_) return restore_all(host);
    const Ledger& ledger = world_.ledger();
    for (HostNumber author = 0; author < snapshots_.size(); ++author) {
      const bool whole = author != host && ledger.held(author, world_.id(author)) == ledger.signed_of(author);
      if (!whole && !is_saved(author, host)) return;
    }
    auto copy = copy_store(snapshots_[host]->store);
    if (!copy) return;
    ++set_backs_;
    world_.stop(host);
    world_.say(fmt::format("h{} is set back", host));
    world_.host(host).replace_store(std::move(*copy));
    come_back(host);
  }

  /// The host is as it was, guard and all: out of a backup that says so, or as the image of a machine that does not.
  void restore_all(HostNumber host) {
    if (restored_.size() >= most_restores || restored_.contains(host)) return;
    auto copy = copy_store(snapshots_[host]->store);
    if (!copy) return;
    restored_.insert(host);
    const bool warned = world_.random().chance(50);
    world_.stop(host);
    world_.say(fmt::format("h{} is set back with its guard{}", host, warned ? ", out of a backup" : ""));
    world_.host(host).replace_all(std::move(*copy), snapshots_[host]->guard, warned);
    come_back(host);
  }

  void come_back(HostNumber host) {
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

  /// A host was set back, and what it signed is not back yet. Were it blocked now by the one that holds it, or one of those
  /// that hand it on by the other, it would wait for it for ever: whatever a program does.
  bool somebody_lacks_its_own() {
    const Ledger& ledger = world_.ledger();
    for (HostNumber author = 0; author < snapshots_.size(); ++author) {
      if (ledger.held(author, world_.id(author)) != ledger.signed_of(author)) return true;
    }
    return false;
  }

  void block(HostNumber host) {
    const HostNumber other = any_host();
    if (other == host || blocks_ > 1 || guards_too_ || somebody_lacks_its_own()) return;
    ++blocks_;
    blocked_.insert({host, other});
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
    if (!equal)
      return world_.ledger().break_invariant(who_lacks_a_mark().empty() ? equal_in_the_end : fork_marked,
                                             missing);
    if (!world_.run_until(world_.queue().now() + after_calm)) return;
    // From the first message on, whatever was looked at before.
    for (HostNumber i = 0; i < snapshots_.size(); ++i) {
      world_.ledger().replaced(i);
      world_.ledger().look(i, world_.host(i).store(), world_.host(i).waiting());
    }
    missing = what_is_missing();
    if (!missing.empty()) return world_.ledger().break_invariant(equal_in_the_end, missing);
    if (guards_too_) meet_again();
  }

  /// Hosts that know of a fork meet again and again, and have nothing more to say of it.
  void meet_again() {
    world_.ledger().expect_quiet(known_forks());
    for (int meeting = 0; meeting < last_meetings; ++meeting) {
      world_.cut_all();
      if (!world_.run_until(world_.queue().now() + after_calm)) return;
    }
    if (const auto unmarked = who_lacks_a_mark(); !unmarked.empty())
      world_.ledger().break_invariant(fork_marked, unmarked);
  }

  /// Forked feeds of which each host that holds any of it has the mark.
  std::set<FeedId> known_forks() {
    std::set<FeedId> known;
    for (const HostNumber author : restored_) {
      const FeedId& feed = world_.id(author);
      bool all = world_.ledger().is_forked(author);
      for (HostNumber i = 0; i < snapshots_.size(); ++i)
        all = all && (tip_at(world_.host(i), feed) == 0 || is_marked(world_.host(i), feed));
      if (all) known.insert(feed);
    }
    return known;
  }

  /// Two hosts that meet, and hold different branches of a feed, of different lengths so that one has news for the other:
  /// both have the mark. And who has it passes it on to whoever holds the feed as far.
  std::string who_lacks_a_mark() {
    for (const auto& [a, b] : world_.meetings()) {
      Host& one = world_.host(a);
      Host& other = world_.host(b);
      if (!one.manner().ebt || !other.manner().ebt) continue;
      auto circle = one.circle();
      auto others = other.circle();
      if (!circle || !others) continue;
      for (const FeedId& feed : circle->replicated()) {
        if (!others->replicated().contains(feed)) continue;
        if (circle->withheld().contains({feed, other.id()}) || others->withheld().contains({feed, one.id()}))
          continue;
        const bool one_knows = is_marked(one, feed), other_knows = is_marked(other, feed);
        if (one_knows && other_knows) continue;
        if ((one_knows || other_knows) ? both_hold_the_proof(one, other, feed)
                                       : hold_different(one, other, feed))
          return fmt::format("h{} and h{} met, and {} lacks the mark of {}", a, b, one_knows ? b : a,
                             world_.ledger().name_of(feed));
      }
    }
    return {};
  }

  static bool is_marked(Host& host, const FeedId& feed) {
    const auto forked = ForkBook(host.store()).is_forked(feed);
    return forked && *forked;
  }

  static Seq tip_at(Host& host, const FeedId& feed) {
    auto row = host.store().feed(feed);
    return row && *row && (*row)->tip ? (*row)->tip->sequence : 0;
  }

  static bool both_hold_the_proof(Host& one, Host& other, const FeedId& feed) {
    for (Host* host : {&one, &other}) {
      const auto proof = ForkBook(host->store()).of(feed);
      if (proof && *proof)
        return tip_at(one, feed) >= (*proof)->sequence && tip_at(other, feed) >= (*proof)->sequence;
    }
    return false;
  }

  static bool hold_different(Host& one, Host& other, const FeedId& feed) {
    const Seq shorter = std::min(tip_at(one, feed), tip_at(other, feed));
    if (shorter == 0 || tip_at(one, feed) == tip_at(other, feed)) return false;
    auto a = one.store().feed(feed), b = other.store().feed(feed);
    if (!a || !b || !*a || !*b) return false;
    auto key_a = one.store().key_of(**a, shorter), key_b = other.store().key_of(**b, shorter);
    return key_a && key_b && *key_a != *key_b;
  }

  std::string what_is_missing() {
    const Ledger& ledger = world_.ledger();
    const auto reachable = world_.reachable();
    for (HostNumber i = 0; i < snapshots_.size(); ++i) {
      // What was signed of it may be lost with its disk, or in dispute for ever.
      const bool lost = restored_.contains(i);
      if (!lost && ledger.signed_of(i) != ledger.acknowledged_of(i))
        return fmt::format("h{} has signed {} of {}", i, ledger.signed_of(i), ledger.acknowledged_of(i));
      for (const FeedId& feed : reachable[i]) {
        const HostNumber author = world_.number_of(feed);
        if (restored_.contains(author)) continue;
        if (ledger.held(i, feed) != ledger.signed_of(author))
          return fmt::format("h{} holds {} of h{}, who signed {}", i, ledger.held(i, feed), author,
                             ledger.signed_of(author));
      }
    }
    if (auto unmarked = who_lacks_a_mark(); !unmarked.empty()) return unmarked;
    return {};
  }

  struct Snapshot {
    Store store;
    std::string guard;
  };

  GuardPlace guards_;
  World world_;
  const bool guards_too_;
  const Bug bug_;
  std::vector<std::optional<Snapshot>> snapshots_;
  std::set<std::pair<HostNumber, HostNumber>> follows_;
  std::set<std::pair<HostNumber, HostNumber>> blocked_;
  std::set<HostNumber> restored_;  ///< with their guards
  HostNumber liar_ = nobody;
  std::size_t set_backs_ = 0, restarts_ = 0, blocks_ = 0;
  std::uint64_t written_ = 0;
  Time calm_{0};
};

}  // namespace

Outcome run_seed(std::uint64_t seed, Bug bug, std::FILE* trace) { return Scenario(seed, bug, trace).run(); }

}  // namespace ssblog::sim
