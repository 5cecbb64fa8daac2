// SPDX-License-Identifier: MIT
#include "store/daemon_state.h"

#include "temp_dir.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace ssblog;

namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("without a descriptor for a new state of the daemon the old one stays") {
  const TempDir dir;
  const Home home{dir.path(), dir.path()};
  DaemonState state;
  state.hops = 3;
  REQUIRE(write_daemon_state(home, state));
  const std::string old = text_of_file(dir / "daemon.json");
  state.hops = 2;

  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const bool written = write_daemon_state(home, state);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK_FALSE(written);
  CHECK(old.find("\"hops\":3") != std::string::npos);
  CHECK(text_of_file(dir / "daemon.json") == old);

  CHECK(write_daemon_state(home, state));
  CHECK(text_of_file(dir / "daemon.json").find("\"hops\":2") != std::string::npos);
}

TEST_CASE("where a folder has the name of the state of the daemon, none is written, and nothing is left") {
  const TempDir dir;
  const Home home{dir.path(), dir.path()};
  std::filesystem::create_directories(dir / "daemon.json/full");
  CHECK_FALSE(write_daemon_state(home, DaemonState()));
  CHECK(std::filesystem::is_directory(dir / "daemon.json"));
  CHECK_FALSE(std::filesystem::exists(dir / "daemon.json.new"));
}

TEST_CASE("where the state of the daemon cannot be written there is none") {
  const TempDir dir;
  const Home home{dir.path(), dir.path()};
  REQUIRE(write_daemon_state(home, DaemonState()));
  // A folder that is not empty has the name of the new file.
  std::filesystem::create_directories(dir / "daemon.json.new/full");
  CHECK_FALSE(write_daemon_state(home, DaemonState()));
  CHECK_FALSE(std::filesystem::exists(dir / "daemon.json"));
}
