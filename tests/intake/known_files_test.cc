// SPDX-License-Identifier: MIT
#include "intake/known_files.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>

using namespace ssblog;

namespace {

Position position(const std::string& path, int number, std::uint64_t inode = 1) {
  Position position;
  position.run = fmt::format("{} {}", path, number);
  position.path = path;
  position.file.inode = inode;
  position.head = Fingerprint::of("all begin like this");
  return position;
}

}  // namespace

TEST_CASE("what is known is found by each of its marks, whatever else came and went") {
  std::mt19937 random(5);
  KnownFiles known;
  std::vector<Tail*> there;
  for (int step = 0; step < 3000; ++step) {
    if (there.empty() || random() % 5 < 3) {
      Position added = position(fmt::format("/log/{}", random() % 3), step, random() % 4);
      std::optional<std::uint64_t> before;
      if (Tail* youngest = known.latest_of(added.path); youngest != nullptr && random() % 3 == 0)
        before = youngest->now.order;
      there.push_back(&known.add(std::move(added), nullptr, before));
    } else {
      const std::size_t at = random() % there.size();
      if (random() % 2 == 0) {
        known.change(*there[at], [&](Position& now) {
          now.stage = static_cast<Stage>(random() % 3);
          now.place = random() % 2 == 0 ? "" : "/log/elsewhere";
          now.file.inode = random() % 4;
        });
      } else {
        known.remove(*there[at]);
        there.erase(there.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
    REQUIRE(known.all().size() == there.size());
    if (step % 50 != 0) continue;
    for (const Tail* tail : there) {
      const Position& now = tail->now;
      REQUIRE(known.all()[tail->index].get() == tail);
      CHECK(known.of_run(now.run) == tail);
      CHECK(known.latest_of(now.path)->now.order >= now.order);
      const auto with_id = known.all_of_file(now.file);
      CHECK(std::find(with_id.begin(), with_id.end(), tail) != with_id.end());
      const auto rotated = known.rotated_of(now.path);
      CHECK((std::find(rotated.begin(), rotated.end(), tail) != rotated.end()) ==
            (now.stage == Stage::rotated));
    }
    CHECK(known.beginning_like("all begin like this, and go on").size() == there.size());
  }
}

TEST_CASE("a generation that is found later stands behind the older ones of its path, and of no other") {
  KnownFiles known;
  Tail& first = known.add(position("/log/a", 1), nullptr);
  Tail& other = known.add(position("/log/b", 2), nullptr);
  Tail& last = known.add(position("/log/a", 3), nullptr);
  std::uint64_t before = first.now.order;
  for (int i = 10; i < 30; ++i) {
    const Tail& between = known.add(position("/log/a", i), nullptr, last.now.order);
    CHECK(between.now.order > before);
    CHECK(between.now.order < last.now.order);
    before = between.now.order;
  }
  CHECK(known.latest_of("/log/a") == &last);
  CHECK(known.latest_of("/log/b") == &other);
  known.remove(last);
  CHECK(known.latest_of("/log/a")->now.order == before);
}
