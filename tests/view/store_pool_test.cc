// SPDX-License-Identifier: MIT
// tests/view/store_pool_test.cc - a few answers at a time; who waits too long is told so.
#include "view/store_pool.h"

#include "store/feeds.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace ssblog;
using namespace std::chrono_literals;

TEST_CASE("so many read at a time, and the others wait their turn") {
  const TempDir place;
  REQUIRE(Store::open(place / "store", OpenMode::create));
  StorePool pool(place / "store", 1h);
  std::atomic<std::size_t> now = 0, most = 0, done = 0, answered = 0;
  std::vector<std::thread> askers;
  for (std::size_t i = 0; i < 3 * StorePool::most_at_once; ++i) {
    askers.emplace_back([&] {
      const HttpReply reply = pool.with([&](Store& store) {
        const std::size_t reading = ++now;
        for (std::size_t seen = most; seen < reading && !most.compare_exchange_weak(seen, reading);) continue;
        // Until as many are there as can be.
        while (done == 0 && most < StorePool::most_at_once) std::this_thread::yield();
        // A thread of its own may not fail the test.
        if (store.feeds()) ++done;
        --now;
        return HttpReply{};
      });
      if (reply.status == 200) ++answered;
    });
  }
  for (std::thread& asker : askers) asker.join();
  CHECK(done == askers.size());
  CHECK(answered == askers.size());
  CHECK(most == StorePool::most_at_once);
}

TEST_CASE("who gets no turn, or no store, is told to ask again") {
  const TempDir place;
  StorePool none(place / "nothing");
  CHECK(none.with([](Store&) { return HttpReply{}; }).status == 503);

  REQUIRE(Store::open(place / "store", OpenMode::create));
  StorePool pool(place / "store", 0ms);
  std::function<HttpReply(std::size_t)> nested = [&](std::size_t depth) {
    return pool.with([&](Store&) { return depth == 0 ? HttpReply{} : nested(depth - 1); });
  };
  CHECK(nested(StorePool::most_at_once - 1).status == 200);
  const HttpReply refused = nested(StorePool::most_at_once);
  CHECK(refused.status == 503);
  CHECK(refused.body.find("ask again") != std::string::npos);
  CHECK(nested(0).status == 200);
}
