// SPDX-License-Identifier: MIT
#include "gossip/log_keeper.h"

#include "loop/loop.h"
#include "store/batch.h"
#include "store/feeds.h"

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

/// A store in a directory, and a loop that writes to it.
struct World {
  TempDir folder;
  Loop loop = *Loop::make();
  Store store = *Store::open(folder / "store", OpenMode::create);

  /// A commit that puts some pages into the log.
  Result<void> write() {
    auto batch = Batch::begin(store, Durability::normal);
    if (!batch) return batch.error();
    const ByteBuf value(100'000, 'x');
    if (auto set = batch->set_meta("something", value); !set) return set;
    return batch->commit(1);
  }
  std::uintmax_t log_size() const { return std::filesystem::file_size(folder / "store-wal"); }
  void run_until(const std::function<bool()>& over) {
    bool late = false;
    Timer deadline(loop, [&] { late = true; });
    deadline.start(30s);
    while (!over() && !late) uv_run(loop.raw(), UV_RUN_ONCE);
    CHECK_FALSE(late);
  }
};

}  // namespace

TEST_CASE("the log stays short while the store is written to, though no commit writes it back") {
  World world;
  LogKeeper keeper(world.loop, world.store, {8, 32, 100, 100'000},
                   [](const std::string& text) { FAIL_CHECK(text); });
  int written = 0;
  Timer next(world.loop, [&] {
    if (world.write()) ++written;
    if (written < 1000) next.start(0ms);
  });
  next.start(0ms);
  std::uintmax_t longest = 0;
  world.run_until([&] {
    longest = std::max(longest, world.log_size());
    return written == 1000 && keeper.is_idle();
  });
  CHECK(longest < 200 * 16'500);
}

TEST_CASE("a log that a reader holds is kept below a bound, and what this host publishes still goes in") {
  World world;
  std::vector<std::string> troubles;
  LogKeeper keeper(world.loop, world.store, {8, 32, 48, 64},
                   [&](const std::string& text) { troubles.push_back(text); });
  auto reading = Store::open(world.folder / "store", OpenMode::read_only);
  REQUIRE(reading);
  std::optional<ReadTransaction> held = *ReadTransaction::begin(reading->database());
  REQUIRE(reading->feeds());

  for (int i = 0; i < 100; ++i) {
    if (!world.write()) break;
    world.run_until([&] { return keeper.is_idle(); });
  }
  const auto refused = world.write();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::busy);
  REQUIRE(troubles.size() == 1);
  CHECK(troubles[0].find("a program has been reading the store") != std::string::npos);
  CHECK(world.log_size() < 80 * 16'500);
  {
    auto own = Batch::begin(world.store, Durability::full);
    REQUIRE(own);
    CHECK(own->commit(1));
  }

  held.reset();
  world.run_until([&] { return !world.store.is_log_full(); });
  CHECK(world.write());
  REQUIRE(troubles.size() == 2);
  world.run_until([&] { return keeper.is_idle(); });
  CHECK(world.log_size() < 80 * 16'500);
}
