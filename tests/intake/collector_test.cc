// SPDX-License-Identifier: MIT
#include "intake/collector_world.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

Source source(const std::string& pattern, const std::string& name = "logs") {
  Source source;
  source.name = name;
  source.paths = {pattern};
  source.time_zone = "UTC";
  return source;
}

/// So many numbered lines, from a number on.
std::string numbered(int first, int count, std::size_t width = 60) {
  std::string text;
  for (int i = first; i < first + count; ++i)
    text += fmt::format("{:06} {}\n", i, std::string(width, "abcdefghij"[i % 10]));
  return text;
}

/// Their numbers, as they came; those of one stream, or of all.
std::vector<int> numbers(const Fed& fed, const std::string& stream = "") {
  std::vector<int> numbers;
  for (const FedLine& line : fed.lines) {
    if (stream.empty() || line.stream == stream) numbers.push_back(std::stoi(line.text));
  }
  return numbers;
}

std::vector<int> upto(int last, int first = 0) {
  std::vector<int> numbers;
  for (int i = first; i < last; ++i) numbers.push_back(i);
  return numbers;
}

struct World : CollectorWorld {
  explicit World(const std::string& pattern = "/log/app.log") { sources = {source(pattern)}; }
  void check(int count) {
    const Fed fed = this->fed();
    CHECK(numbers(fed) == upto(count));
    CHECK(fed.wrong.empty());
    CHECK(fed.losses.empty());
  }
};

}  // namespace

TEST_CASE("a file that grows comes in once, whenever the program is killed") {
  World world;
  world.files.create("/log/app.log");
  int count = 0;
  for (int i = 0; i < 20; ++i) {
    world.files.append("/log/app.log", numbered(count, i * 7));
    count += i * 7;
    if (i % 3 == 0) world.look();
    if (i % 2 == 0) world.round({{"/log", "app.log"}});
    if (i % 5 == 0) world.kill();
    world.pass(300ms);
  }
  world.settle();
  world.check(count);
  CHECK(world.fed().instances.size() == 1);
}

TEST_CASE("what rotation by rename puts aside is finished, before what comes after it") {
  World world;
  SUBCASE("while it runs") {}
  SUBCASE("with no descriptor kept") { world.open_files = 1; }
  const bool stopped = world.open_files == 1;
  world.files.create("/log/app.log");
  int count = 0;
  for (int i = 0; i < 6; ++i) {
    world.files.append("/log/app.log", numbered(count, 30));
    count += 30;
    world.look();
    world.round();
    if (stopped) world.kill();
    world.files.append("/log/app.log", numbered(count, 5));
    count += 5;
    for (int n = 5; n >= 1; --n) {
      if (world.files.exists(fmt::format("/log/app.log.{}", n)))
        world.files.rename(fmt::format("/log/app.log.{}", n), fmt::format("/log/app.log.{}", n + 1));
    }
    world.files.rename("/log/app.log", "/log/app.log.1");
    world.files.create("/log/app.log");
    world.files.append("/log/app.log", numbered(count, 5));
    count += 5;
    world.pass(1s);
  }
  world.settle();
  world.check(count);
}

TEST_CASE("several rotations while nothing ran are caught up with, packed ones too") {
  World world;
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 30));
  world.settle();
  world.kill();
  world.files.append("/log/app.log", numbered(30, 10));
  world.files.rename("/log/app.log", "/log/app.log.1");
  world.files.gzip("/log/app.log.1");
  world.files.rename("/log/app.log.1.gz", "/log/app.log.2.gz");
  world.pass(1h);
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(40, 10));
  world.files.rename("/log/app.log", "/log/app.log.1");
  world.pass(1h);
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(50, 10));
  world.settle();
  world.check(60);
  world.kill();
  world.settle();
  world.check(60);
}
