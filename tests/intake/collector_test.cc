// SPDX-License-Identifier: MIT
#include "intake/collector_lines.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>

using namespace ssblog;
using namespace std::chrono_literals;

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

TEST_CASE("generations are read in their order, whichever was written to last, after a restart too") {
  World world;
  const auto first = world.files.create("/log/app.log");
  world.files.append(first, numbered(0, 30));
  world.settle();
  world.files.rename("/log/app.log", "/log/app.log.1");
  const auto second = world.files.create("/log/app.log");
  world.files.append(second, numbered(30, 1));
  world.look();
  world.round();
  world.files.append(first, numbered(31, 1));  // its writer goes on with it for a while
  world.files.rename("/log/app.log.1", "/log/app.log.2");
  world.files.rename("/log/app.log", "/log/app.log.1");
  world.files.create("/log/app.log");
  world.look();
  world.pass(1s);
  while (world.round().more) {
  }
  REQUIRE(numbers(world.fed()).size() == 32);
  world.kill();
  world.files.append(first, numbered(32, 1));
  world.files.append(second, numbered(33, 1));
  world.settle();
  world.check(34);
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

TEST_CASE("what is too far behind is given up with a loss record, and what comes then is read") {
  World world;
  world.sources[0].when_full = WhenFull::drop_newest;
  world.sources[0].most_behind = 4000;
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 500));  // what stands there is no surplus
  world.settle();
  CHECK(numbers(world.fed()) == upto(500));
  world.files.append("/log/app.log", numbered(500, 1000));
  world.settle();
  world.files.append("/log/app.log", numbered(1500, 20));
  world.settle();
  const Fed fed = world.fed();
  const auto came = numbers(fed);
  REQUIRE(fed.losses.size() == 1);
  CHECK(fed.losses[0].reason == "too far behind");
  CHECK(fed.wrong.empty());
  const auto lost = fed.losses[0].bytes / numbered(0, 1).size();
  CHECK(came.size() + lost == 1520);
  CHECK(came.back() == 1519);
  auto expected = upto(static_cast<int>(1500 - lost));
  for (int i = 1500; i < 1520; ++i) expected.push_back(i);
  CHECK(came == expected);
  world.kill();
  world.settle();
  CHECK(numbers(world.fed()) == came);
}

TEST_CASE("a copied or restored file does not come in twice") {
  World world("/log/*.log");
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 200));
  world.settle();
  SUBCASE("copied beside the original") {
    world.files.copy("/log/app.log", "/log/copy.log", false);
    world.settle();
    world.check(200);
    world.files.append("/log/copy.log", numbered(200, 3));
    world.settle();
    CHECK(numbers(world.fed(), "file:/log/copy.log") == upto(203, 200));
  }
  SUBCASE("restored in its place") {
    if (world.once) world.kill();
    world.files.copy("/log/app.log", "/tmp/kept", true);
    world.files.remove("/log/app.log");
    world.files.rename("/tmp/kept", "/log/app.log");
    world.files.append("/log/app.log", numbered(200, 3));
    world.settle();
    world.check(203);
  }
  SUBCASE("moved while nothing ran") {
    world.kill();
    world.files.copy("/log/app.log", "/log/moved.log", true);
    world.files.remove("/log/app.log");
    world.settle();
    CHECK(numbers(world.fed()) == upto(200));
  }
  SUBCASE("an older copy came back") {
    world.files.copy("/log/app.log", "/tmp/kept", true);
    world.files.append("/log/app.log", numbered(200, 50));
    world.settle();
    world.kill();
    world.files.remove("/log/app.log");
    world.files.rename("/tmp/kept", "/log/app.log");
    world.files.append("/log/app.log", numbered(250, 5));
    world.settle();
    CHECK(numbers(world.fed()) == upto(255));
  }
}

TEST_CASE("a file that was away for a moment is read on, and nothing is told as lost") {
  World world;
  SUBCASE("with times of birth") {}
  SUBCASE("without") { world.files.tells_birth = false; }
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 20));
  world.settle();
  world.kill();
  world.files.rename("/log/app.log", "/tmp/app.log");
  world.look();
  world.pass(1s);
  world.files.rename("/tmp/app.log", "/log/app.log");
  world.files.append("/log/app.log", numbered(20, 5));
  world.settle();
  world.files.append("/log/app.log", numbered(25, 5));
  world.settle();
  world.check(30);
}

TEST_CASE(
    "behind a restored store, a short file with secrets is known by the feed when it was replaced by a "
    "copy") {
  World world;
  world.files.create("/log/app.log");
  world.settle();
  world.back_up();
  world.files.append("/log/app.log", "000000 password=hunter2\n" + numbered(1, 4));
  world.settle();
  world.kill();
  world.files.copy("/log/app.log", "/tmp/copy", true);
  world.files.rename("/tmp/copy", "/log/app.log");
  world.files.append("/log/app.log", numbered(5, 5));
  world.restore();
  world.settle();
  CHECK(numbers(world.fed()) == upto(10));
}

TEST_CASE("a program that cuts its log and writes the same again is heard again") {
  World world;
  SUBCASE("with times of birth") {}
  SUBCASE("without") { world.files.tells_birth = false; }
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 100));
  world.settle();
  world.files.truncate(world.files.at("/log/app.log"));
  world.files.append("/log/app.log", numbered(0, 60));
  world.settle();
  CHECK(numbers(world.fed()).size() == 160);
  CHECK(world.fed().losses.size() == 1);
}

TEST_CASE("what was copied and cut is finished from the copy, and a loss is told") {
  World world;
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 50));
  world.settle();
  world.files.append("/log/app.log", numbered(50, 5));
  world.files.copy("/log/app.log", "/log/app.log.1", false);
  bool packed = false;
  SUBCASE("plain") {}
  SUBCASE("packed") { packed = true; }
  world.pass(10ms);
  world.files.truncate(world.files.at("/log/app.log"));
  if (packed) world.files.gzip("/log/app.log.1");
  world.files.append("/log/app.log", numbered(55, 5));
  world.settle();
  const Fed fed = world.fed();
  CHECK(numbers(fed) == upto(60));
  REQUIRE(fed.losses.size() == 1);
  CHECK(fed.losses[0].reason == "truncated");
  CHECK(fed.losses[0].offset == numbered(0, 55).size());
  CHECK(fed.wrong.empty());
  // All is put back as it was, with other inodes: that tells nothing again.
  world.kill();
  for (const std::string& name : world.files.names()) {
    world.files.copy(name, "/tmp/copy", true);
    world.files.rename("/tmp/copy", name);
  }
  world.settle();
  CHECK(world.fed().lines.size() == 60);
  CHECK(world.fed().losses.size() == 1);
}

TEST_CASE("from the end on, only what is new comes") {
  World world("/log/*.log");
  world.sources[0].from_end = true;
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 50));
  world.settle();
  CHECK(numbers(world.fed()).empty());
  world.files.append("/log/app.log", numbered(50, 5));
  world.files.create("/log/later.log");
  world.files.append("/log/later.log", numbered(0, 5));
  world.settle();
  CHECK(numbers(world.fed(), "file:/log/app.log") == upto(55, 50));
  CHECK(numbers(world.fed(), "file:/log/later.log") == upto(5));
  CHECK(world.fed().losses.empty());
}

TEST_CASE("a file that may not be read is told once, and stops no other") {
  World world("/log/*.log");
  world.files.create("/log/a.log");
  world.files.append("/log/a.log", numbered(7, 5));
  world.files.create("/log/b.log");
  world.files.append("/log/b.log", numbered(0, 5));
  world.files.locked.insert("/log/a.log");
  world.settle();
  CHECK(numbers(world.fed()) == upto(5));
  CHECK(world.talk == std::vector<std::string>{"source logs: cannot read /log/a.log: Permission denied"});
  world.files.locked.clear();
  world.settle();
  CHECK(numbers(world.fed(), "file:/log/a.log") == upto(12, 7));
}

TEST_CASE("a packed file that is damaged is unpacked again when it changes, and not each minute") {
  World world("/log/*");
  world.files.create("/log/app.log.1");
  // Lines that hardly get smaller, so that to unpack them is more than to look at the file's beginning.
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string line = fmt::format("{:06} ", i);
    while (line.size() < 500) line += fmt::format("{:08x}", random());
    world.files.append("/log/app.log.1", line + "\n");
  }
  world.files.gzip("/log/app.log.1");
  const std::string whole = world.files.at("/log/app.log.1.gz")->bytes;
  const auto put = [&](std::string_view bytes) {
    world.files.truncate(world.files.at("/log/app.log.1.gz"));
    world.files.append("/log/app.log.1.gz", bytes);
  };
  std::string damaged = whole;
  damaged[damaged.size() / 2] = static_cast<char>(~damaged[damaged.size() / 2]);
  put(damaged);
  world.settle();
  for (int minute = 0; minute < 60; ++minute) {
    world.pass(1min);
    world.settle();
  }
  // From here on it is left alone for long.
  const auto read = world.files.read;
  for (int minute = 0; minute < 60; ++minute) {
    world.pass(1min);
    world.settle();
  }
  CHECK(world.files.read - read <= 20 * damaged.size());
  put(whole);
  world.pass(2min);
  world.settle();
  const Fed fed = world.fed();
  REQUIRE(!fed.lines.empty());
  CHECK(fed.lines.back().text.starts_with("001999 "));
}

TEST_CASE("a source whose file system does not answer rests alone, and comes in when it answers") {
  World world;
  world.sources = {source("/nfs/*.log", "away"), source("/log/**", "here")};
  world.files.append(world.files.create("/nfs/a.log"), numbered(0, 10, 150));
  world.files.append(world.files.create("/log/b.log"), numbered(0, 10));
  bool was_known = false;
  SUBCASE("from the beginning") {}
  SUBCASE("in between") {
    world.settle();
    was_known = true;
  }
  world.hang("/nfs/");
  world.look();  // given up
  world.files.append("/nfs/a.log", numbered(10, 10, 150));
  world.files.append("/log/b.log", numbered(10, 10));
  world.settle();
  CHECK(numbers(world.fed(), "file:/log/b.log") == upto(20));
  CHECK(numbers(world.fed(), "file:/nfs/a.log") == upto(was_known ? 10 : 0));
  if (was_known) {
    // What begins like a file that nobody may look at is read as far as it is new.
    world.files.append(world.files.create("/log/copy.log"), numbered(0, 10, 150) + numbered(100, 1, 150));
    world.settle();
    CHECK(numbers(world.fed(), "file:/log/copy.log") == std::vector<int>{100});
  }
  world.hang("");
  world.settle();
  CHECK(numbers(world.fed(), "file:/nfs/a.log") == upto(20));
  CHECK(numbers(world.fed(), "file:/log/b.log") == upto(20));
  CHECK(world.fed().losses.empty());
  CHECK(world.fed().wrong.empty());
  for (const FileStatus& file : world.collector().files())
    CHECK((file.path == "/nfs/a.log") == (file.source == "away"));
}

TEST_CASE("a source that has another name now goes on, also where its file was rotated meanwhile") {
  World world;
  world.files.append(world.files.create("/log/app.log"), numbered(0, 10));
  world.settle();
  world.kill();
  world.sources[0].name = "renamed";
  world.files.append("/log/app.log", numbered(10, 5));
  world.files.rename("/log/app.log", "/log/app.log.1");
  world.files.append(world.files.create("/log/app.log"), numbered(15, 5));
  world.settle();
  world.check(20);
}

TEST_CASE("files of folders that nobody watches are asked in turn") {
  World world("/log/*.log");
  for (const char* name : {"a", "b", "c"}) world.files.create(fmt::format("/log/{}.log", name));
  world.files.create("/else/d.log");
  world.sources[0].paths.push_back("/else/*.log");
  world.settle();
  std::size_t width = 10;  // no two are alike
  for (const char* path : {"/log/a.log", "/log/b.log", "/log/c.log", "/else/d.log"})
    world.files.append(path, numbered(0, 1, ++width));
  std::size_t before = 0;
  for (std::size_t turn = 1; turn <= 4; ++turn) {
    world.collector().recheck({"/log"}, 1);
    const auto came = world.fed().lines.size();
    CHECK(came <= before + 1);
    before = came;
  }
  CHECK(before == 3);
  CHECK(numbers(world.fed(), "file:/else/d.log").empty());
  world.files.rename("/log/a.log", "/log/a.log.1");
  world.files.append(world.files.create("/log/a.log"), numbered(1, 1));
  world.collector().recheck({"/log"}, 10);
  world.round();
  CHECK(numbers(world.fed(), "file:/log/a.log") == upto(2));
}

TEST_CASE("our own outputs are refused") {
  World world("/log/*.log");
  world.files.create("/log/all.log");
  world.files.append("/log/all.log", numbered(0, 5));
  SUBCASE("an output of assemble") { world.files.create("/log/.all.log.ssblog"); }
  SUBCASE("our own stderr") { world.refused = {world.files.at("/log/all.log")->facts.id}; }
  SUBCASE("a file in the home") { world.home = "/log"; }
  world.settle();
  CHECK(world.fed().lines.empty());
  REQUIRE(world.talk.size() == 1);
  CHECK(world.talk[0].starts_with("source logs: /log/all.log is not read: "));
}

TEST_CASE("nothing is read while publishing is held, and all comes when it is not") {
  World world;
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", numbered(0, 50));
  world.settle();
  {
    auto batch = Batch::begin(world.store(), Durability::full);
    REQUIRE(batch);
    REQUIRE(begin_hold(*batch, Hold::shown_more));
    REQUIRE(batch->set_meta("claimed", as_bytes("1000")));
    REQUIRE(batch->commit(0));
  }
  world.files.append("/log/app.log", numbered(50, 50));
  world.look();
  const auto report = world.round({{"/log", "app.log"}});
  CHECK(report.held);
  CHECK(report.next);
  CHECK(numbers(world.fed()) == upto(50));
  CHECK(world.talk.empty());
  {
    auto batch = Batch::begin(world.store(), Durability::full);
    REQUIRE(batch);
    REQUIRE(end_hold(*batch));
    REQUIRE(drop_claims(*batch));
    REQUIRE(batch->commit(0));
  }
  world.settle();
  world.check(100);
}

TEST_CASE("bytes of a raw source come as they are, once") {
  World world;
  world.sources[0].raw = true;
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += static_cast<char>(static_cast<long long>(i) * i % 251);
  world.files.create("/log/app.log");
  for (std::size_t at = 0; at < bytes.size(); at += 7919) {
    world.files.append("/log/app.log", std::string_view(bytes).substr(at, 7919));
    world.look();
    world.round();
    if (at % 3 == 0) world.kill();
  }
  world.settle();
  const Fed fed = world.fed();
  REQUIRE(fed.instances.size() == 1);
  CHECK(fed.instances.begin()->second == bytes);
  CHECK(fed.wrong.empty());
}

TEST_CASE("real files come into a real home") {
  std::string folder = (std::filesystem::temp_directory_path() / "ssblog-real-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const Home home{folder + "/home", folder + "/guard"};
  REQUIRE(make_directories(home.directory));
  REQUIRE(save_keys(home, keys_of(9)));
  {
    auto store = Store::open(home.store_path(), OpenMode::create);
    REQUIRE(store);
    auto batch = Batch::begin(*store, Durability::full);
    REQUIRE(batch);
    REQUIRE(begin_guard(*batch, home));
    REQUIRE(batch->commit(0));
  }
  REQUIRE(make_directories(folder + "/root/var/log"));
  const std::string log = folder + "/root/var/log/app.log";
  std::ofstream(log) << numbered(0, 3000);
  REQUIRE(::mkfifo((folder + "/root/var/log/pipe.log").c_str(), 0600) == 0);
  CollectorOptions options;
  options.host = "nas";
  options.sources = {source("/var/log/*.log")};
  options.root = folder + "/root";
  options.once = true;
  for (int run = 0; run < 2; ++run) {
    auto collector = Collector::open(home, std::nullopt, options);
    REQUIRE(collector);
    auto report = collector->look();
    do report = collector->round();
    while (report.more);
    CHECK(report.behind == 0);
    CHECK(report.published == (run == 0));
    REQUIRE(collector->files().size() == 1);
    CHECK(collector->files()[0].path == "/var/log/app.log");
    CHECK(collector->files()[0].read == numbered(0, 3000).size());
  }
  std::filesystem::remove_all(folder);
}
