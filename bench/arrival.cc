// SPDX-License-Identifier: MIT
// bench/arrival.cc - how long a line takes from `publish` on one host to the store of another.
//
// usage: bench_arrival HOME HOME_OF_THE_OTHER COUNT; the daemons of both run and are connected. Prints the median, the
// 99th percentile and the longest time in ms, signing and its durable commit included. It looks every 0.1 ms.
#include "cli/own_feed.h"
#include "cli/settings.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

using namespace ssblog;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

int fail(const Error& error) {
  std::fprintf(stderr, "bench_arrival: %s\n", error.text.c_str());
  return static_cast<int>(error.code);
}

int run(const std::string& home, const std::string& other, int count) {
  auto settings = load_settings(home);
  if (!settings) return fail(settings.error());
  auto own = OwnFeed::open(std::move(*settings));
  if (!own) return fail(own.error());
  auto there = open_to_read(home_at(other));
  if (!there) return fail(there.error());
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    std::this_thread::sleep_for(20ms);  // as lines come: alone
    const auto begin = SteadyClock::now();
    auto published = (*own)->publish(R"({"type":"log","text":" a line that somebody waits for"})");
    if (!published) return fail(published.error());
    if (!published->last) return fail({Code::data, "publishing is held"});
    for (;;) {
      auto row = there->feed((*own)->id());
      if (!row) return fail(row.error());
      if (*row && (*row)->tip && (*row)->tip->sequence >= published->last->sequence) break;
      if (SteadyClock::now() - begin > 30s)
        return fail({Code::busy, "nothing arrives: are the daemons connected?"});
      std::this_thread::sleep_for(100us);
    }
    times.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  std::printf("%.2f %.2f %.2f\n", times[times.size() / 2], times[times.size() * 99 / 100], times.back());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 || std::atoi(argv[3]) < 1) {
    std::fputs("usage: bench_arrival HOME HOME_OF_THE_OTHER COUNT\n", stderr);
    return 64;
  }
  return run(argv[1], argv[2], std::atoi(argv[3]));
}
