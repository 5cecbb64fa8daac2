// SPDX-License-Identifier: MIT
#include "intake/memory_files.h"
#include "intake/mounts.h"
#include "intake/watched_files.h"

#include <doctest/doctest.h>

using namespace ssblog;

TEST_CASE("a worker is given up only inside a call, and then for good") {
  Whereabouts whereabouts;
  CHECK(whereabouts.call() == 0);
  CHECK_FALSE(whereabouts.give_up(0));
  REQUIRE(whereabouts.enter("/a"));
  const auto first = whereabouts.call();
  CHECK(first != 0);
  REQUIRE(whereabouts.leave());
  CHECK(whereabouts.call() == 0);
  CHECK_FALSE(whereabouts.give_up(first));  // it came back
  REQUIRE(whereabouts.enter("/b"));
  CHECK(whereabouts.call() != first);
  CHECK_FALSE(whereabouts.give_up(first));
  REQUIRE(whereabouts.enter("/c"));  // from one call to the next
  REQUIRE(whereabouts.give_up(whereabouts.call()));
  CHECK(whereabouts.given_up());
  CHECK(whereabouts.path() == "/c");
  CHECK_FALSE(whereabouts.leave());
  CHECK_FALSE(whereabouts.enter("/d"));
  CHECK(whereabouts.path() == "/c");
  CHECK(whereabouts.call() == 0);
}

TEST_CASE("what a call tells counts for nothing once the worker was given up in it") {
  // Of all calls that a walk through a file makes, the first, the second, the third ... does not come back in time.
  for (int stuck = 1;; ++stuck) {
    CAPTURE(stuck);
    auto memory = std::make_unique<MemoryFiles>();
    memory->append(memory->create("/log/a"), "bytes");
    auto whereabouts = std::make_shared<Whereabouts>();
    int calls = 0;
    memory->answers = [&](const std::string&) {
      if (++calls == stuck) REQUIRE(whereabouts->give_up(whereabouts->call()));
      return true;  // too late
    };
    auto files = watched_files(std::move(memory), whereabouts);
    int good = 0;
    auto patterns = parse_patterns({"/log/*"});
    REQUIRE(patterns);
    FindCalls finds;
    finds.found = [](const FoundFile&) {};
    good += files->find(*patterns, {}, finds) ? 1 : 0;
    good += files->facts("/log/a") ? 1 : 0;
    good += files->list("/log") ? 1 : 0;
    std::string bytes(5, ' ');
    if (auto file = files->open("/log/a", false)) {
      ++good;
      good += (*file)->facts() ? 1 : 0;
      good += (*file)->read_at(0, bytes) ? 1 : 0;
    }
    CHECK(good == std::min(stuck - 1, 6));
    if (stuck > 6) {
      CHECK_FALSE(whereabouts->given_up());
      break;
    }
    CHECK(whereabouts->path() == (stuck == 3 ? "/log" : "/log/a"));
  }
}

TEST_CASE("the mount of a path is the deepest, and the last of those at one point") {
  const auto mounts = parse_mounts(
      "21 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
      "30 21 0:40 / /mnt/nas rw shared:2 master:1 - nfs4 nas:/log rw,hard\n"
      "31 21 0:41 / /mnt/with\\040blank rw - fuse.sshfs me@nas: rw\n"
      "a line of another form\n"
      "32 30 0:42 / /mnt/nas rw - tmpfs tmpfs rw");
  REQUIRE(mounts.size() == 4);
  const auto point_of = [&](std::string_view path) {
    const Mount* mount = mount_of(mounts, path);
    return mount == nullptr ? "none" : mount->point + " " + mount->type;
  };
  CHECK(point_of("/var/log/syslog") == "/ ext4");
  CHECK(point_of("/mnt/nas") == "/mnt/nas tmpfs");
  CHECK(point_of("/mnt/nas/x/y") == "/mnt/nas tmpfs");
  CHECK(point_of("/mnt/nasty") == "/ ext4");
  CHECK(point_of("/mnt/with blank/a") == "/mnt/with blank fuse.sshfs");
  CHECK(mount_of({}, "/a") == nullptr);
  CHECK(mounts[1].is_remote());
  CHECK(mounts[2].is_remote());
  CHECK_FALSE(mounts[0].is_remote());
  auto own = read_mounts();
  REQUIRE(own);
  CHECK(mount_of(*own, "/") != nullptr);
}
