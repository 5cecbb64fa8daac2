// SPDX-License-Identifier: MIT
#include "sim/world.h"

#include "sim/copy_store.h"

#include <algorithm>
#include <stdexcept>

namespace ssblog::sim {
namespace {

using namespace std::chrono_literals;

constexpr Time first_redial = 500ms;
constexpr int most_doublings = 5;

}  // namespace

World::World(const Options& options)
    : options_(options),
      random_(options.seed),
      trace_(options.trace),
      ledger_(queue_),
      around_{queue_,     random_, trace_, options.checked ? &ledger_ : nullptr, options.guard_directory,
              options.bug} {}

World::~World() {
  for (const auto& link : links_) {
    link->desert(link->end(0).own());
    link->desert(link->end(1).own());
  }
}

KeyPair World::keys_of(HostNumber number) {
  std::array<std::uint8_t, 32> seed{};
  Random random(options_.seed * 1'000'003 + number);
  for (auto& byte : seed) byte = static_cast<std::uint8_t>(random.next());
  return KeyPair::from_seed(seed);
}

HostNumber World::add_host(const Host::Manner& manner) {
  const HostNumber number = inhabitants_.size();
  auto store = memory_store();
  if (!store) throw std::runtime_error(store.error().text);
  auto host = std::make_unique<Host>(around_, number, keys_of(number), manner, std::move(*store));
  ledger_.add_host(number, host->id(), true);
  numbers_[host->id()] = number;
  hosts_.push_back(host.get());
  inhabitants_.push_back(std::move(host));
  return number;
}

HostNumber World::add_liar() {
  const HostNumber number = inhabitants_.size();
  std::vector<FeedId> feeds;
  for (const auto& inhabitant : inhabitants_) feeds.push_back(inhabitant->id());
  auto liar = std::make_unique<Liar>(around_, number, keys_of(number), std::move(feeds));
  ledger_.add_host(number, liar->id(), false);
  numbers_[liar->id()] = number;
  hosts_.push_back(nullptr);
  inhabitants_.push_back(std::move(liar));
  return number;
}

void World::add_road(HostNumber a, HostNumber b) {
  roads_.push_back({a, b});
  dial_later(roads_.size() - 1);
}

void World::open_roads(bool open) {
  if (std::exchange(roads_open_, open) || !open) return;
  for (std::size_t i = 0; i < roads_.size(); ++i) {
    roads_[i].failures = 0;
    dial_later(i);
  }
}

bool World::is_linked(HostNumber a, HostNumber b) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& link) { return link->is_alive() && link->is_between(a, b); });
}

void World::dial_later(std::size_t index) {
  const Road& road = roads_[index];
  const Time pause = first_redial * (1 << std::min(road.failures, most_doublings));
  const Time wait = Time(random_.between(pause.count() / 2, pause.count()));
  queue_.after(wait, nobody, [this, index] {
    Road& there = roads_[index];
    if (!roads_open_ || is_linked(there.from, there.to)) return;
    ++there.failures;
    const bool could = inhabitants_[there.from]->is_up() && inhabitants_[there.to]->is_up() &&
                       inhabitants_[there.from]->admits(id(there.to));
    if (!could) return dial_later(index);
    dial(there.from, there.to);
  });
}

void World::dial(HostNumber a, HostNumber b) {
  if (!inhabitants_[a]->is_up() || !inhabitants_[b]->is_up()) return;
  auto link = std::make_shared<Link>(queue_, random_, options_.links, [this](Link& ended) { over(ended); });
  links_.push_back(link);
  link->open(*inhabitants_[a], a, *inhabitants_[b], b);
}

void World::over(Link& link) {
  const HostNumber a = link.end(0).own(), b = link.end(1).own();
  for (std::size_t i = 0; i < roads_.size(); ++i) {
    if (roads_[i].from == a && roads_[i].to == b) dial_later(i);
    if (roads_[i].from == b && roads_[i].to == a) dial_later(i);
  }
  std::erase_if(links_, [&](const auto& one) { return one.get() == &link; });
}

void World::start(HostNumber number) {
  say(fmt::format("h{} starts", number));
  host(number).start();
}

void World::stop(HostNumber number) {
  say(fmt::format("h{} stops", number));
  const auto links = links_;
  for (const auto& link : links) {
    if (link->touches(number)) link->desert(number);
  }
  host(number).stop();
}

void World::cut_one() {
  if (links_.empty()) return;
  Link& link = *links_[random_.below(links_.size())];
  say(fmt::format("cut h{} h{}", link.end(0).own(), link.end(1).own()));
  link.cut();
}

void World::cut_all() {
  for (const auto& link : links_) link->cut();
}

bool World::run_until(Time time) {
  while (!ledger_.violation()) {
    const auto next = queue_.next();
    if (!next || *next > time) break;
    ++events_;
    const HostNumber whose = queue_.step();
    if (whose != nobody && is_honest(whose)) host(whose).look();
  }
  if (!ledger_.violation()) queue_.pass_until(time);
  return !ledger_.violation();
}

bool World::run_until(Time latest, Time step, const std::function<bool()>& over) {
  for (Time at = queue_.now() + step; at <= latest; at += step) {
    if (!run_until(at)) return false;
    if (over()) return true;
  }
  return false;
}

std::vector<std::pair<HostNumber, HostNumber>> World::meetings() {
  std::vector<std::pair<HostNumber, HostNumber>> meetings;
  for (const Road& road : roads_) {
    if (!is_honest(road.from) || !is_honest(road.to)) continue;
    if (host(road.from).admits(id(road.to)) && host(road.to).admits(id(road.from)))
      meetings.emplace_back(road.from, road.to);
  }
  return meetings;
}

std::vector<std::set<FeedId>> World::reachable() {
  std::vector<std::set<FeedId>> have(size()), want(size());
  std::vector<std::set<std::pair<FeedId, FeedId>>> withheld(size());
  std::vector<std::set<FeedId>> blocked(size());
  for (HostNumber i = 0; i < size(); ++i) {
    if (!is_honest(i)) continue;
    have[i].insert(id(i));
    auto circle = host(i).circle();
    if (!circle) continue;
    want[i] = circle->replicated();
    withheld[i] = circle->withheld();
    blocked[i] = circle->blocked();
  }
  const auto pass = [&](HostNumber from, HostNumber to) {
    if (!is_honest(from) || !is_honest(to) || blocked[from].contains(id(to)) ||
        blocked[to].contains(id(from)))
      return false;
    bool more = false;
    for (const FeedId& feed : have[from]) {
      if (!want[from].contains(feed) || withheld[from].contains({feed, id(to)})) continue;
      if (want[to].contains(feed) && have[to].insert(feed).second) more = true;
    }
    return more;
  };
  for (bool more = true; more;) {
    more = false;
    for (const Road& road : roads_) {
      more = pass(road.from, road.to) || more;
      more = pass(road.to, road.from) || more;
    }
  }
  return have;
}

}  // namespace ssblog::sim
