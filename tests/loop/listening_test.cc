// SPDX-License-Identifier: MIT
#include "loop/listening.h"
#include "loop/pipe.h"
#include "loop/tcp.h"
#include "loop/timer.h"

#include "temp_dir.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <functional>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

struct Caller {
  explicit Caller(int family) : descriptor(::socket(family, SOCK_STREAM, 0)) { REQUIRE(descriptor >= 0); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() { ::close(descriptor); }
  bool reaches(const sockaddr* address, socklen_t size) const {
    return ::connect(descriptor, address, size) == 0;
  }
  const int descriptor;
};

/// A few turns of the loop without a descriptor for anything new.
void turn_without_descriptors(Loop& loop) {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  for (int turns = 0; turns < 20; ++turns) uv_run(loop.raw(), UV_RUN_NOWAIT);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

/// What listens at `address` stops when it has no descriptor for a connection, and is back later. `taken` counts.
void check_rest(Loop& loop, int family, const sockaddr* address, socklen_t size, const int& taken) {
  const Caller early(family), meanwhile(family);
  REQUIRE(early.reaches(address, size));
  turn_without_descriptors(loop);
  CHECK(taken == 0);
  CHECK_FALSE(meanwhile.reaches(address, size));

  Timer late(loop, [&] { loop.stop(); });
  late.start(60s);
  std::unique_ptr<Caller> caller;
  std::function<void()> call;
  Timer again(loop, [&] { call(); });
  call = [&] {
    caller = std::make_unique<Caller>(family);
    if (!caller->reaches(address, size)) again.start(20ms);
  };
  call();
  loop.run();
  CHECK(taken == 1);
}

}  // namespace

TEST_CASE("a listener without a descriptor for a connection rests, and takes the next ones") {
  auto loop = Loop::make();
  REQUIRE(loop);
  int taken = 0;
  SUBCASE("TCP") {
    auto any = SocketAddress::from("127.0.0.1", 0);
    REQUIRE(any);
    auto listener = TcpListener::listen(*loop, *any, [&](auto) {
      ++taken;
      loop->stop();
    });
    REQUIRE(listener);
    const sockaddr_storage raw = (*listener)->local().raw;
    check_rest(*loop, AF_INET, reinterpret_cast<const sockaddr*>(&raw), sizeof(sockaddr_in), taken);
  }
  SUBCASE("a unix socket") {
    const TempDir dir;
    const std::string path = dir / "socket";
    auto listener = PipeListener::listen(*loop, path, {0600, {}}, [&](auto) {
      ++taken;
      loop->stop();
    });
    REQUIRE(listener);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    check_rest(*loop, AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, taken);
  }
}
