// SPDX-License-Identifier: MIT
// tests/loop/datagrams_test.cc - datagrams in large numbers, over loopback and unix sockets.
#include "loop/datagrams.h"

#include "loop/run_until.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

Loop new_loop() {
  auto loop = Loop::make();
  REQUIRE(loop);
  return std::move(*loop);
}

struct Sender {
  explicit Sender(int family) : descriptor(::socket(family, SOCK_DGRAM, 0)) { REQUIRE(descriptor >= 0); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  ~Sender() { ::close(descriptor); }

  bool send(const SocketAddress& to, std::string_view bytes) const {
    const socklen_t size = to.raw.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    return ::sendto(descriptor, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to.raw),
                    size) >= 0;
  }
  bool send(const std::string& path, std::string_view bytes) const {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    return ::sendto(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT,
                    reinterpret_cast<const sockaddr*>(&to), sizeof to) >= 0;
  }
  const int descriptor;
};

struct Folder {
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() {
    ::unlink((path + "/log").c_str());
    ::rmdir(path.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path = "/tmp/ssblog-datagrams-XXXXXX";
};

bool exists(const std::string& path) {
  struct stat there {};
  return ::lstat(path.c_str(), &there) == 0;
}

}  // namespace

TEST_CASE("datagrams come whole, in order, with their sender, over IPv4 and IPv6") {
  for (const char* host : {"127.0.0.1", "::1"}) {
    CAPTURE(host);
    Loop loop = new_loop();
    std::vector<std::string> got;
    auto socket = DatagramSocket::listen(loop, *SocketAddress::from(host, 0),
                                         {[&](const Datagram& datagram) {
                                            REQUIRE(datagram.from != nullptr);
                                            CHECK(datagram.from->host() == host);
                                            CHECK(datagram.cut == 0);
                                            got.emplace_back(as_text(datagram.bytes));
                                          },
                                          {}});
    REQUIRE(socket);
    CHECK((*socket)->local().port() != 0);
    const Sender sender((*socket)->local().raw.ss_family);
    std::vector<std::string> sent = {"", std::string(60'000, 'x'), std::string("a\0b", 3)};
    for (int i = 0; i < 100; ++i) sent.push_back(std::to_string(i));
    for (const auto& bytes : sent) REQUIRE(sender.send((*socket)->local(), bytes));
    run_until(loop, [&] { return got.size() >= sent.size(); });
    CHECK(got == sent);
  }
}

TEST_CASE("what the kernel drops is counted to the last one, and others have their turn in a flood") {
  Loop loop = new_loop();
  std::uint64_t got = 0, dropped = 0;
  auto socket = DatagramSocket::listen(
      loop, *SocketAddress::from("127.0.0.1", 0),
      {[&](const Datagram&) { ++got; }, [&](std::uint64_t count) { dropped += count; }});
  REQUIRE(socket);
  const Sender sender(AF_INET);
  const std::string bytes(1'000, 'x');
  constexpr std::uint64_t sent = 60'000;  // more than the room that is asked for
  for (std::uint64_t i = 0; i < sent; ++i) REQUIRE(sender.send((*socket)->local(), bytes));
  std::uint64_t got_at_first_turn = 0;
  Timer turn(loop, [&] { got_at_first_turn = got; });
  turn.start(0ms);
  run_until(loop, [&] { return got + dropped >= sent; });
  CHECK(got + dropped == sent);
  CHECK(dropped > 0);
  CHECK(got_at_first_turn <= 2 * DatagramSocket::batch * DatagramSocket::batches_in_a_turn);
}

TEST_CASE("great datagrams take no more of a turn than small ones") {
  Loop loop = new_loop();
  std::size_t got = 0;
  std::uint64_t dropped = 0;
  auto socket = DatagramSocket::listen(loop, *SocketAddress::from("127.0.0.1", 0),
                                       {[&](const Datagram& datagram) { got += datagram.bytes.size(); },
                                        [&](std::uint64_t count) { dropped += count; }});
  REQUIRE(socket);
  const Sender sender(AF_INET);
  const std::string bytes(60'000, 'x');
  constexpr std::size_t sent = 300;
  for (std::size_t i = 0; i < sent; ++i) REQUIRE(sender.send((*socket)->local(), bytes));
  struct {
    std::size_t most = 0, before = 0;
    const std::size_t* got = nullptr;
  } seen;
  seen.got = &got;
  // A timer may miss turns on a busy machine; this is called in each.
  const Handle<uv_prepare_t> each_turn(new uv_prepare_t{});
  REQUIRE(uv_prepare_init(loop.raw(), each_turn.get()) == 0);
  each_turn->data = &seen;
  REQUIRE(uv_prepare_start(each_turn.get(), [](uv_prepare_t* handle) {
            if (handle->data == nullptr) return;
            auto& turn = *static_cast<decltype(seen)*>(handle->data);
            turn.most = std::max(turn.most, *turn.got - std::exchange(turn.before, *turn.got));
          }) == 0);
  run_until(loop, [&] { return got / bytes.size() + dropped >= sent; });
  constexpr std::size_t turn_bytes =
      DatagramSocket::bytes_in_a_turn + DatagramSocket::batch * DatagramSocket::longest;
  static_assert(turn_bytes < sent * 60'000);
  CHECK(seen.most > 0);
  CHECK(seen.most <= turn_bytes);
}

TEST_CASE("a unix socket is for everybody, and goes with its object") {
  Loop loop = new_loop();
  const Folder folder;
  const std::string path = folder.path + "/log";
  std::vector<std::string> got;
  std::size_t cut = 0;
  const auto events = [&] {
    return DatagramSocket::Events{[&](const Datagram& datagram) {
                                    CHECK(datagram.from == nullptr);
                                    got.emplace_back(as_text(datagram.bytes));
                                    cut = datagram.cut;
                                  },
                                  {}};
  };
  auto socket = DatagramSocket::listen(loop, path, events());
  REQUIRE(socket);
  struct stat there {};
  REQUIRE(::stat(path.c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0666);
  const Sender sender(AF_UNIX);
  REQUIRE(sender.send(path, "hello"));
  run_until(loop, [&] { return got.size() == 1; });
  CHECK(got.back() == "hello");
  // One that is longer than anybody needs.
  REQUIRE(sender.send(path, std::string(DatagramSocket::longest + 17, 'x')));
  run_until(loop, [&] { return got.size() == 2; });
  CHECK(got.back() == std::string(DatagramSocket::longest, 'x'));
  CHECK(cut == 17);

  // It is alive: a second one is refused, and takes nothing away.
  auto second = DatagramSocket::listen(loop, path, events());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Code::unavailable);
  CHECK(second.error().text.find(path) != std::string::npos);
  REQUIRE(sender.send(path, "still there"));
  run_until(loop, [&] { return got.size() == 3; });
  socket->reset();
  CHECK_FALSE(exists(path));
}

TEST_CASE("a unix socket that nobody reads from is replaced, and what is no socket stays") {
  Loop loop = new_loop();
  const Folder folder;
  const std::string path = folder.path + "/log";
  {
    const Sender dead(AF_UNIX);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(dead.descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  REQUIRE(exists(path));
  auto socket = DatagramSocket::listen(loop, path, {[](const Datagram&) {}, {}});
  REQUIRE(socket);
  // Another's socket in its place is left alone.
  REQUIRE(::unlink(path.c_str()) == 0);
  std::ofstream(path) << "kept";
  socket->reset();
  CHECK(exists(path));
  auto over_a_file = DatagramSocket::listen(loop, path, {[](const Datagram&) {}, {}});
  REQUIRE_FALSE(over_a_file);
  CHECK(over_a_file.error().code == Code::cannot_create);
  CHECK(exists(path));
  CHECK_FALSE(DatagramSocket::listen(loop, "/" + std::string(200, 'x'), {[](const Datagram&) {}, {}}));
}

TEST_CASE("a UDP port that is taken is refused") {
  Loop loop = new_loop();
  auto socket =
      DatagramSocket::listen(loop, *SocketAddress::from("127.0.0.1", 0), {[](const Datagram&) {}, {}});
  REQUIRE(socket);
  auto second = DatagramSocket::listen(loop, (*socket)->local(), {[](const Datagram&) {}, {}});
  REQUIRE_FALSE(second);
  CHECK(second.error().text.find((*socket)->local().text()) != std::string::npos);
}

TEST_CASE("what is sent after the drain does not come in, and is counted or refused") {
  Loop loop = new_loop();
  std::uint64_t taken = 0, dropped = 0;
  const auto take = [&](const Datagram&) { ++taken; };
  auto udp = DatagramSocket::listen(loop, *SocketAddress::from("127.0.0.1", 0),
                                    {take, [&](std::uint64_t count) { dropped += count; }});
  REQUIRE(udp);
  const Sender by_udp(AF_INET);
  for (int i = 0; i < 10; ++i) REQUIRE(by_udp.send((*udp)->local(), "x"));
  (*udp)->drain();
  CHECK(taken == 10);
  CHECK(dropped == 0);
  for (int i = 0; i < 5; ++i) REQUIRE(by_udp.send((*udp)->local(), "x"));
  (*udp)->drain();
  CHECK(taken == 10);
  CHECK(dropped == 5);

  const Folder folder;
  auto local = DatagramSocket::listen(loop, folder.path + "/log", {take, {}});
  REQUIRE(local);
  const Sender by_unix(AF_UNIX);
  REQUIRE(by_unix.send(folder.path + "/log", "x"));
  (*local)->drain();
  CHECK(taken == 11);
  CHECK_FALSE(by_unix.send(folder.path + "/log", "x"));
}
