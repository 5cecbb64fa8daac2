// SPDX-License-Identifier: MIT
// bench/scale.cc - what replication costs as the network grows: `bench_scale HOSTS LINES [HOPS]`.
//
// Each host follows two others, at random, beside nobody else; the network is that of tests/sim, with 10 ms of delay.
// Prints one line of CSV (its names with `bench_scale names`). First everybody meets and everything is fetched, then
// some lines are published, one after the other, and timed until they are everywhere they are wanted.
#include "sim/guard_place.h"
#include "sim/world.h"

#include <malloc.h>
#include <sqlite3.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <string_view>

using namespace ssblog;
using namespace ssblog::sim;
using namespace std::chrono_literals;

namespace {

constexpr Time delay = 10ms;
constexpr Time longest = 10min;

double resident_kib() {
  malloc_trim(0);
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    double kib = 0;
    if (word == "VmRSS:" && file >> kib) return kib;
  }
  return 0;
}

struct Sum {
  double bytes = 0, items = 0, connections = 0, feeds = 0;
};

Sum sum(World& world) {
  Sum all;
  for (HostNumber i = 0; i < world.size(); ++i) {
    all.bytes += static_cast<double>(world.host(i).traffic().bytes);
    all.items += static_cast<double>(world.host(i).traffic().items);
    all.connections += static_cast<double>(world.host(i).connections());
    all.feeds += static_cast<double>(world.host(i).wanted().size());
  }
  return all;
}

/// Until nothing is sent any more.
Time settle(World& world) {
  double before = -1;
  Time last{0};
  const Time begun = world.queue().now();
  while (world.queue().now() - begun < longest) {
    const double now = sum(world).bytes;
    if (now != before) last = world.queue().now() - begun;
    if (now == before && world.queue().now() - begun > last + 10s) break;
    before = now;
    (void)world.run_until(world.queue().now() + 100ms);
  }
  return last;
}

Seq tip(World& world, HostNumber host, const FeedId& feed) {
  auto row = world.host(host).store().feed(feed);
  return row && *row && (*row)->tip ? (*row)->tip->sequence : 0;
}

/// From publishing until the line is at every host that wants the feed, in ms, and how many those are.
std::pair<double, std::size_t> spread(World& world, HostNumber author) {
  std::vector<HostNumber> waiting;
  for (HostNumber i = 0; i < world.size(); ++i) {
    if (i != author && world.host(i).wanted().contains(world.id(author))) waiting.push_back(i);
  }
  const std::size_t count = waiting.size();
  world.host(author).publish(R"({"type":"log","text":"the backup of 03:00 is complete, 12345 files"})");
  const Seq want = tip(world, author, world.id(author));
  const Time begun = world.queue().now();
  while (!waiting.empty() && world.queue().now() - begun < longest) {
    (void)world.run_until(world.queue().now() + 1ms);
    std::erase_if(waiting, [&](HostNumber host) { return tip(world, host, world.id(author)) >= want; });
  }
  return {static_cast<double>((world.queue().now() - begun).count()) / 1000, count};
}

int run(std::size_t count, int lines, int hops) {
  GuardPlace guards;
  World::Options options;
  options.seed = 7;
  options.checked = false;
  options.guard_directory = guards.path();
  options.links.least_delay = options.links.most_delay = delay;
  World world(options);
  const auto clock = std::chrono::steady_clock::now();
  const double base = resident_kib();
  for (std::size_t i = 0; i < count; ++i) world.add_host({hops, true});
  const double stores = resident_kib();
  for (HostNumber i = 0; i < count; ++i) {
    for (int two = 0; two < 2; ++two) {
      const HostNumber other = (i + 1 + world.random().below(count - 1)) % count;
      world.host(i).publish(follow_content(world.id(other), true));
      world.add_road(i, other);
    }
  }
  for (HostNumber i = 0; i < count; ++i) world.host(i).start();
  const Time first = settle(world);
  const Sum joined = sum(world);

  double worst = 0, mean = 0, reach = 0;
  Sum before = sum(world);
  for (int line = 0; line < lines; ++line) {
    const auto [ms, hosts] = spread(world, world.random().below(count));
    worst = std::max(worst, ms);
    mean += ms / lines;
    reach += static_cast<double>(hosts) / lines;
  }
  settle(world);
  const Sum after = sum(world);
  const double all = resident_kib(), n = static_cast<double>(count);
  const double sqlite = static_cast<double>(sqlite3_memory_used()) / 1024;
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - clock).count();
  fmt::print(
      "{},{},{},{:.2f},{:.2f},{:.1f},{:.1f},{:.2f},{:.1f},{:.1f},{:.1f},{:.0f},{:.1f},{:.1f},{:.1f},{:.1f},{:"
      ".1f}\n",
      count, hops, lines, joined.feeds / n, joined.connections / n, static_cast<double>(first.count()) / 1e6,
      joined.bytes / n / 1024, joined.items / n, reach, mean, worst, (after.bytes - before.bytes) / lines,
      (after.items - before.items) / lines, (all - base) / n, (stores - base) / n, sqlite / n, took);
  return 0;
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "names") {
    fmt::print(
        "hosts,hops,lines,feeds_per_host,connections_per_host,join_s,join_kib_per_host,join_items_per_host,"
        "reach_hosts,spread_mean_ms,spread_worst_ms,line_bytes,line_items,memory_kib_per_host,"
        "empty_store_kib_per_host,sqlite_kib_per_host,run_s\n");
    return 0;
  }
  if (argc < 3) {
    fmt::print(stderr, "usage: bench_scale HOSTS LINES [HOPS] | names\n");
    return 64;
  }
  return run(number(argv[1]), static_cast<int>(number(argv[2])),
             argc > 3 ? static_cast<int>(number(argv[3])) : 3);
}
