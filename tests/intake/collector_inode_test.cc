// SPDX-License-Identifier: MIT
// Inodes that are used again, and times that are not exact: which file is which all the same.
#include "intake/collector_lines.h"

using namespace ssblog;
using namespace std::chrono_literals;

TEST_CASE("a copy that got the inode of the file before it was packed does not hide the file's last lines") {
  World world("/log/*.log");
  SUBCASE("with times of birth") {}
  SUBCASE("without") { world.files.tells_birth = false; }
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 200));
  world.settle();
  const std::uint64_t inode = world.files.at("/log/app.log")->facts.id.inode;
  world.kill();
  world.files.copy("/log/app.log", "/tmp/kept", true);
  world.files.append("/log/app.log", numbered(200, 5));
  world.files.rename("/log/app.log", "/log/app.log.1");
  world.files.gzip("/log/app.log.1");
  world.pass(10ms);
  world.files.copy("/tmp/kept", "/log/app-copy.log", true);
  REQUIRE(world.files.at("/log/app-copy.log")->facts.id.inode == inode);
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(205, 5));
  world.settle();
  world.check(210);
  // Nor is the copy a file that nobody reads.
  world.files.append("/log/app-copy.log", numbered(210, 5));
  world.settle();
  const Fed fed = world.fed();
  CHECK(numbers(fed) == upto(215));
  CHECK(fed.losses.empty());
}

TEST_CASE(
    "times in whole seconds hide no generation that was rotated in the second in which its path was met") {
  World world;
  world.files.tells_birth = false;
  world.files.grain = 1'000'000'000;
  world.files.now += 500'000'000;
  world.files.create("/log/app.log");
  SUBCASE("met with lines") {
    world.files.append("/log/app.log", numbered(0, 10));
    world.look();
    world.round();
    world.kill();
    world.files.append("/log/app.log", numbered(10, 10));
    world.files.rename("/log/app.log", "/log/app.log.2");
    world.files.create("/log/app.log");
    world.files.append("/log/app.log", numbered(20, 10));
    world.files.rename("/log/app.log", "/log/app.log.1");
    world.files.create("/log/app.log");
    world.files.append("/log/app.log", numbered(30, 10));
    world.settle();
    world.check(40);
  }
  SUBCASE("met empty, then copied and cut") {
    world.look();
    world.round();
    world.files.append("/log/app.log", numbered(0, 10));
    world.files.copy("/log/app.log", "/log/app.log.1", false);
    world.files.truncate(world.files.at("/log/app.log"));
    world.files.append("/log/app.log", numbered(10, 10));
    world.settle();
    CHECK(numbers(world.fed()) == upto(20));
  }
}

TEST_CASE("a file comes in though the names of its folder never rest") {
  World world;
  std::int64_t grain = 1;
  bool grows = false;
  SUBCASE("times in ns") {}
  SUBCASE("times in ns, and it grows") { grows = true; }
  SUBCASE("times in whole seconds") { grain = 1'000'000'000; }
  SUBCASE("times in whole seconds, and it grows") {
    grain = 1'000'000'000;
    grows = true;
  }
  world.files.grain = grain;
  world.files.now += 1;
  const auto folder = world.files.create("/log");
  world.files.create("/log/app.log");
  if (grows) {
    world.look();
    world.round();
    world.pass(1ms);
  }
  world.files.append("/log/app.log", numbered(0, 10));
  int count = 10;
  world.look();
  for (int i = 0; i < 60; ++i) {
    folder->facts.changed = world.files.now / grain * grain;
    world.round({{"/log", "app.log"}});
    world.pass(50ms);
    if (grows) world.files.append("/log/app.log", numbered(count++, 1));
  }
  CHECK(numbers(world.fed()).size() >= 10);
  world.settle();
  world.check(count);
}

TEST_CASE("behind a restored store, a file with the inode of one that was empty is known by the feed") {
  World world;
  SUBCASE("with times of birth") {}
  SUBCASE("without") { world.files.tells_birth = false; }
  world.files.create("/log/app.log");
  world.settle();
  const std::uint64_t inode = world.files.at("/log/app.log")->facts.id.inode;
  world.back_up();
  pack(world, "/log/app.log");
  world.files.create("/tmp/other");
  world.files.create("/log/app.log");
  world.settle();
  pack(world, "/log/app.log");
  world.files.remove("/tmp/other");
  world.files.create("/log/app.log");
  REQUIRE(world.files.at("/log/app.log")->facts.id.inode == inode);
  world.files.append("/log/app.log", numbered(0, 20));
  world.settle();
  world.restore();
  world.settle();
  world.check(20);
}

TEST_CASE("behind a restored store, no file takes the run of another one that is met later") {
  World world("/log/*.log");
  SUBCASE("with times of birth") {}
  SUBCASE("without") { world.files.tells_birth = false; }
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 20));
  world.settle();
  const std::uint64_t inode = world.files.at("/log/app.log")->facts.id.inode;
  world.back_up();
  pack(world, "/log/app.log");
  world.files.create("/log/service.log");
  REQUIRE(world.files.at("/log/service.log")->facts.id.inode == inode);
  world.files.append("/log/service.log", numbered(20, 20));
  world.settle();
  world.kill();
  world.files.copy("/log/service.log", "/log/service.log.1", true);
  world.files.remove("/log/service.log");
  world.files.rename("/log/service.log.1", "/log/service.log");
  world.files.create("/log/another.log");
  REQUIRE(world.files.at("/log/another.log")->facts.id.inode == inode);
  world.files.append("/log/another.log", numbered(40, 20));
  world.restore();
  world.settle();
  const Fed fed = world.fed();
  CHECK(numbers(fed, "file:/log/service.log") == upto(40, 20));
  CHECK(numbers(fed).size() == 60);
}

TEST_CASE("a descriptor stays with its file when memory is made anew") {
  World world("/log/*.log");
  SUBCASE("with times of birth") {}
  SUBCASE("without") { world.files.tells_birth = false; }
  world.files.create("/log/app.log");
  world.look();
  world.round();
  world.files.remove("/log/app.log");
  world.look();
  world.kill();
  world.pass(1s);
  world.files.create("/log/service.log");
  world.files.append("/log/service.log", numbered(0, 10));
  world.fill_disk(true);
  world.look();
  world.fill_disk(false);
  world.settle();
  CHECK(numbers(world.fed(), "file:/log/service.log") == upto(10));
  world.check(10);
}

TEST_CASE("a file that was renamed empty and unseen is read when it is written to, whatever had its inode") {
  World world;
  SUBCASE("with times of birth") {}
  SUBCASE("without") { world.files.tells_birth = false; }
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 20));
  world.settle();
  const std::uint64_t inode = world.files.at("/log/app.log")->facts.id.inode;
  world.files.rename("/log/app.log", "/log/app.log.1");
  world.files.create("/log/app.log");
  world.settle();
  world.kill();
  world.files.remove("/log/app.log.1");
  world.files.rename("/log/app.log", "/log/app.log.3");
  world.files.create("/log/app.log");
  REQUIRE(world.files.at("/log/app.log")->facts.id.inode == inode);
  world.pass(10ms);
  world.files.rename("/log/app.log", "/log/app.log.2");
  world.files.create("/log/app.log");
  world.settle();
  world.files.append("/log/app.log.2", numbered(20, 10));  // its writer still has it
  world.settle();
  CHECK(numbers(world.fed()) == upto(30));
}

TEST_CASE("a file is known by its inode when another that had it meanwhile has none any more") {
  World world("/log/*.log");
  SUBCASE("with times of birth") {}
  SUBCASE("without") { world.files.tells_birth = false; }
  world.files.create("/log/service.log");
  world.files.append("/log/service.log", numbered(0, 5));
  world.settle();
  world.kill();
  const std::uint64_t inode = world.files.at("/log/service.log")->facts.id.inode;
  world.files.rename("/log/service.log", "/tmp/old");
  const auto replace = [&world](const std::string& path) {
    world.files.copy(path, "/tmp/copy", true);
    world.files.rename("/tmp/copy", path);
    world.pass(1s);
  };
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(20, 20));
  world.look();
  world.round();
  world.kill();
  world.files.copy("/tmp/old", "/tmp/kept", true);
  world.files.remove("/tmp/old");
  replace("/log/app.log");
  REQUIRE(world.files.at("/log/app.log")->facts.id.inode == inode);
  world.look();
  world.round();
  world.files.copy("/log/app.log", "/tmp/moved", true);
  world.files.rename("/tmp/moved", "/log/app.log");
  world.look();
  world.round();
  world.files.copy("/tmp/kept", "/log/service.log", false);
  REQUIRE(world.files.at("/log/service.log")->facts.id.inode == inode);
  world.files.append("/log/service.log", numbered(40, 20));
  world.settle();
  const Fed fed = world.fed();
  std::vector<int> service = upto(5), app = upto(40, 20);
  for (const int number : upto(60, 40)) service.push_back(number);
  CHECK(numbers(fed, "file:/log/service.log") == service);
  CHECK(numbers(fed, "file:/log/app.log") == app);
}

TEST_CASE("an older copy that got the inode of the file does not come in again") {
  World world;
  SUBCASE("with times of birth") {}
  SUBCASE("without") { world.files.tells_birth = false; }
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 200));
  world.settle();
  world.files.copy("/log/app.log", "/tmp/kept", true);
  world.files.append("/log/app.log", numbered(200, 50));
  world.settle();
  world.kill();
  const std::uint64_t inode = world.files.at("/log/app.log")->facts.id.inode;
  world.files.remove("/log/app.log");
  world.files.copy("/tmp/kept", "/log/app.log", true);
  REQUIRE(world.files.at("/log/app.log")->facts.id.inode == inode);
  world.settle();
  world.files.append("/log/app.log", numbered(250, 5));
  world.settle();
  CHECK(numbers(world.fed()) == upto(255));
}

TEST_CASE(
    "a file that was written anew in the second in which it was read is read again, without another change") {
  World world;
  SUBCASE("times in ns") {}
  SUBCASE("times in whole seconds") { world.files.grain = 1'000'000'000; }
  SUBCASE("times in two seconds") { world.files.grain = 2'000'000'000; }
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 10));
  world.look();
  world.round();
  world.pass(1ms);
  if (world.files.grain > 1'000'000'000) {
    world.pass(1500ms);
    world.look();
    world.round();
  }
  world.files.truncate(world.files.at("/log/app.log"));
  world.files.append("/log/app.log", numbered(10, 10));
  world.settle();
  const Fed fed = world.fed();
  CHECK(numbers(fed) == upto(20));
  CHECK(fed.losses.size() == 1);
  const std::uint64_t read = world.files.read;
  world.settle();
  CHECK(world.files.read == read);  // and then no more
}

TEST_CASE("what had the inode before is asked for at the price of one, without times of birth") {
  const auto opens_with = [](int generations) {
    World world("/log/*.log");
    world.files.tells_birth = false;
    std::uint64_t inode = 0;
    for (int i = 0; i < generations; ++i) {
      const std::string path = fmt::format("/log/{}.log", i);
      world.files.append(world.files.create(path), numbered(i * 10, 10));
      const std::uint64_t own = world.files.at(path)->facts.id.inode;
      REQUIRE((i == 0 || own == inode));
      inode = own;
      world.look();
      world.round();
      world.kill();
      world.files.remove(path);
      // So long that all of them are over.
      world.look();
      world.pass(6s);
      world.round();
      world.kill();
    }
    world.look();
    world.files.append(world.files.create("/log/new.log"), numbered(generations * 10, 10));
    REQUIRE(world.files.at("/log/new.log")->facts.id.inode == inode);
    const std::uint64_t before = world.files.opened;
    world.look();
    world.round();
    const std::uint64_t opens = world.files.opened - before;
    world.settle();
    CHECK(numbers(world.fed()) == upto((generations + 1) * 10));
    return opens;
  };
  CHECK(opens_with(60) == opens_with(10));
}
