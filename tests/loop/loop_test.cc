// SPDX-License-Identifier: MIT
#include "loop/child_process.h"
#include "loop/links.h"
#include "loop/run_until.h"
#include "loop/signals.h"
#include "loop/tcp.h"
#include "loop/timer.h"
#include "loop/watch.h"
#include "loop/work.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

Loop new_loop() {
  auto loop = Loop::make();
  REQUIRE(loop);
  return std::move(*loop);
}

/// Fails the test when the loop has not stopped in time.
class Deadline {
 public:
  explicit Deadline(Loop& loop) : timer_(loop, [&loop, this] { late_ = true, loop.stop(); }) {
    timer_.start(20s);
  }
  ~Deadline() { CHECK_FALSE(late_); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  bool late_ = false;
  Timer timer_;
};

SocketAddress loopback(const char* host = "127.0.0.1", std::uint16_t port = 0) {
  auto address = SocketAddress::from(host, port);
  REQUIRE(address);
  return *address;
}

ByteBuf pattern(std::size_t size) {
  ByteBuf bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  return bytes;
}

/// Two ends of one connection.
struct Pair {
  std::unique_ptr<TcpListener> listener;
  std::unique_ptr<TcpDial> dial;
  std::unique_ptr<TcpStream> dialled, accepted;

  explicit Pair(Loop& loop, const char* host = "127.0.0.1") {
    auto both = [this, &loop] {
      if (dialled && accepted) loop.stop();
    };
    auto made = TcpListener::listen(loop, loopback(host), [this, both](std::unique_ptr<TcpStream> stream) {
      accepted = std::move(stream);
      both();
    });
    REQUIRE(made);
    listener = std::move(*made);
    dial = std::make_unique<TcpDial>(loop, host, listener->local().port(), [this, both](auto stream) {
      REQUIRE(stream);
      dialled = std::move(*stream);
      both();
    });
    dial->begin();
    loop.run();
  }
};

}  // namespace

TEST_CASE("a timer calls once, a stopped one never, a restarted one at its last time") {
  Loop loop = new_loop();
  int calls = 0, wrong = 0;
  Timer once(loop, [&] { ++calls; });
  Timer stopped(loop, [&] { ++wrong; });
  Timer moved(loop, [&] { ++calls; });
  once.start(1ms);
  stopped.start(1ms);
  stopped.stop();
  moved.start(1h);
  moved.start(2ms);
  CHECK(moved.running());
  loop.run();
  CHECK(calls == 2);
  CHECK(wrong == 0);
}

TEST_CASE("a timer that starts itself anew at once lets others have their turn") {
  Loop loop = new_loop();
  const Deadline deadline(loop);
  int calls = 0;
  bool answered = false;
  Ticket ticket = run_on_worker(
      loop, [] { return 1; },
      [&](int) {
        answered = true;
        loop.stop();
      });
  std::optional<Timer> again;
  const auto begun = std::chrono::steady_clock::now();
  again.emplace(loop, [&] {
    ++calls;
    // Without a turn for others this would go on until somebody ends it.
    if (!answered && std::chrono::steady_clock::now() - begun < 5s) again->start(0ms);
  });
  again->start(0ms);
  loop.run();
  CHECK(answered);
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

TEST_CASE("bytes arrive whole and in order, both ways, over IPv4 and IPv6") {
  for (const char* host : {"127.0.0.1", "::1"}) {
    CAPTURE(host);
    Loop loop = new_loop();
    const Deadline deadline(loop);
    Pair pair(loop, host);
    CHECK(pair.dialled->remote().host() == host);
    CHECK(pair.dialled->remote().loopback());
    const ByteBuf sent = pattern(3'000'000);
    ByteBuf got, echoed;
    pair.accepted->start({[&](ByteView bytes) {
                            got.insert(got.end(), bytes.begin(), bytes.end());
                            pair.accepted->write(ByteBuf(bytes.begin(), bytes.end()));
                          },
                          [&](const Error* error) {
                            CHECK(error == nullptr);
                            pair.accepted->shut();
                          },
                          {}});
    pair.dialled->start({[&](ByteView bytes) { echoed.insert(echoed.end(), bytes.begin(), bytes.end()); },
                         [&](const Error*) { loop.stop(); },
                         {}});
    for (std::size_t at = 0; at < sent.size(); at += 100'000)
      pair.dialled->write(ByteBuf(sent.begin() + at, sent.begin() + at + 100'000));
    pair.dialled->shut();
    loop.run();
    CHECK(got == sent);
    CHECK(echoed == sent);
  }
}

TEST_CASE("an address of one link alone is shown with its scope, and no other is") {
  char name[IF_NAMESIZE] = {};
  REQUIRE(if_indextoname(1, name) != nullptr);
  const std::string scoped = std::string("fe80::1%") + name;
  const auto address = SocketAddress::from(scoped, 8008);
  REQUIRE(address);
  CHECK(address->one_link());
  CHECK(address->host() == scoped);
  CHECK(address->text() == "[" + scoped + "]:8008");
  CHECK(SocketAddress::from(address->host(), 8008)->host() == scoped);
  for (const char* host : {"fe80::1", "::1", "2001:db8::1", "127.0.0.1"}) {
    CAPTURE(host);
    const auto plain = SocketAddress::from(host, 1);
    REQUIRE(plain);
    CHECK(plain->host() == host);
    CHECK(plain->one_link() == (std::string(host) == "fe80::1"));
  }
  // An interface that went away has no name any more.
  auto gone = *address;
  reinterpret_cast<sockaddr_in6*>(&gone.raw)->sin6_scope_id = 4'000'000'000;
  CHECK(gone.host() == "fe80::1%4000000000");
}

TEST_CASE("a link reaches the addresses of its network") {
  const auto of = [](const char* host) { return *SocketAddress::from(host, 0); };
  const LanLink link{"eth0", of("192.168.7.17"), of("192.168.7.31"), of("255.255.255.240")};
  CHECK(link.reaches(of("192.168.7.18")));
  CHECK(link.reaches(of("192.168.7.30")));
  CHECK_FALSE(link.reaches(of("192.168.7.32")));
  CHECK_FALSE(link.reaches(of("10.0.0.1")));
  CHECK_FALSE(link.reaches(of("::1")));
}

TEST_CASE("a stream that is not read makes its writer wait, and loses nothing") {
  Loop loop = new_loop();
  const Deadline deadline(loop);
  Pair pair(loop);
  const ByteBuf sent = pattern(32'000'000);  // more than the system buffers
  std::size_t got = 0;
  bool drained = false;
  pair.accepted->start({[&](ByteView bytes) {
                          got += bytes.size();
                          if (got == sent.size() && drained) loop.stop();
                        },
                        {},
                        {}});
  pair.accepted->pause();
  pair.dialled->start({{}, {}, [&] {
                         drained = true;
                         if (got == sent.size()) loop.stop();
                       }});
  pair.dialled->write(sent);
  Timer later(loop, [&] {
    CHECK(pair.dialled->waiting() == sent.size());
    CHECK(got == 0);
    pair.accepted->resume();
  });
  later.start(5ms);
  loop.run();
  CHECK(got == sent.size());
  CHECK(pair.dialled->waiting() == 0);
}

TEST_CASE("a port in use is told by name, and a port that nobody has") {
  Loop loop = new_loop();
  const Deadline deadline(loop);
  auto first = TcpListener::listen(loop, loopback(), [](auto) {});
  REQUIRE(first);
  const SocketAddress taken = (*first)->local();
  auto second = TcpListener::listen(loop, taken, [](auto) {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Code::unavailable);
  CHECK(second.error().text == "cannot listen on " + taken.text() + ": address already in use");

  first->reset();
  std::string told;
  TcpDial dial(loop, "127.0.0.1", taken.port(), [&](auto stream) {
    REQUIRE_FALSE(stream);
    told = stream.error().text;
    loop.stop();
  });
  dial.begin();
  loop.run();
  CHECK(told.starts_with("cannot connect to 127.0.0.1 port "));
}

TEST_CASE("a dial whose owner went away calls nobody") {
  Loop loop = new_loop();
  auto listener = TcpListener::listen(loop, loopback(), [](auto) {});
  REQUIRE(listener);
  for (int turns = 0; turns < 3; ++turns) {
    // It may be done before the owner goes, on a fast machine.
    bool gone = false;
    auto dial = std::make_unique<TcpDial>(loop, "127.0.0.1", (*listener)->local().port(),
                                          [&gone](auto) { CHECK_FALSE(gone); });
    dial->begin();
    for (int turn = 0; turn < turns; ++turn) uv_run(loop.raw(), UV_RUN_NOWAIT);
    dial.reset();
    gone = true;
    for (int turn = 0; turn < 5; ++turn) uv_run(loop.raw(), UV_RUN_NOWAIT);
  }
}

TEST_CASE("work runs elsewhere and its result comes back, unless nobody wants it") {
  Loop loop = new_loop();
  std::string answer;
  const Ticket kept = run_on_worker(
      loop, [text = std::string("done")] { return text + "!"; },
      [&](std::string text) { answer = std::move(text); });
  {
    const Ticket dropped = run_on_worker(
        loop, [] { return 1; }, [](int) { FAIL("called"); });
  }
  loop.run();
  CHECK(answer == "done!");
}

TEST_CASE("a signal, a socket and a file wake the loop") {
  Loop loop = new_loop();
  const Deadline deadline(loop);
  SUBCASE("signal") {
    const Signal signal(loop, SIGUSR1, [&] { loop.stop(); });
    REQUIRE(::raise(SIGUSR1) == 0);
    loop.run();
  }
  SUBCASE("socket") {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
    {
      auto watch = ReadWatch::start(loop, ends[0], [&] { loop.stop(); });
      REQUIRE(watch);
      REQUIRE(::send(ends[1], "x", 1, 0) == 1);
      loop.run();
    }
    uv_run(loop.raw(), UV_RUN_NOWAIT);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  SUBCASE("file") {
    std::string name = "/tmp/ssblog-test-XXXXXX";
    const int file = ::mkstemp(name.data());
    REQUIRE(file >= 0);
    auto watch = FileWatch::start(loop, name, [&] { loop.stop(); });
    REQUIRE(watch);
    REQUIRE(::write(file, "x", 1) == 1);
    loop.run();
    ::close(file);
    ::unlink(name.c_str());
    CHECK_FALSE(FileWatch::start(loop, name + "/none", [] {}));
  }
}

TEST_CASE("a folder tells the names of what is made, written to, renamed and removed in it") {
  Loop loop = *Loop::make();
  {
    std::string folder = "/tmp/ssblog-test-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    std::set<std::string> heard;
    std::set<std::string> wanted;
    auto watch = FolderWatch::start(loop, folder, [&](std::string_view name) {
      heard.insert(std::string(name));
      if (std::includes(heard.begin(), heard.end(), wanted.begin(), wanted.end())) loop.stop();
    });
    REQUIRE(watch);
    const auto await = [&](std::set<std::string> names) {
      wanted = std::move(names);
      heard.clear();
      bool late = false;
      Timer deadline(loop, [&] {
        late = true;
        loop.stop();
      });
      deadline.start(std::chrono::seconds(10));
      loop.run();
      CHECK_FALSE(late);
    };
    const std::string a = folder + "/a.log";
    const std::string b = folder + "/b.log";
    const int file = ::open(a.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    await({"a.log"});
    REQUIRE(::write(file, "x", 1) == 1);
    await({"a.log"});
    REQUIRE(::rename(a.c_str(), b.c_str()) == 0);
    await({"a.log", "b.log"});
    ::close(file);
    ::unlink(b.c_str());
    await({"b.log"});
    ::rmdir(folder.c_str());
    CHECK_FALSE(FolderWatch::start(loop, folder, [](std::string_view) {}));
  }
}

#ifdef IP_RECVERR
TEST_CASE("a watched socket is read on after an error") {
  Loop loop = new_loop();
  const Deadline deadline(loop);
  struct Socket {
    Socket() {
      REQUIRE(descriptor >= 0);
      const auto any = loopback();
      socklen_t size = sizeof(sockaddr_in);
      REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&any.raw), size) == 0);
      REQUIRE(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    }
    ~Socket() { ::close(descriptor); }
    bool send(const sockaddr_in& to) const {
      return ::sendto(descriptor, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 1;
    }
    const int descriptor = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
  };
  const Socket watched, sender;
  const int on = 1;
  REQUIRE(::setsockopt(watched.descriptor, IPPROTO_IP, IP_RECVERR, &on, sizeof on) == 0);
  const auto nobody = Socket().address;
  REQUIRE(watched.send(nobody));
  REQUIRE(sender.send(watched.address));
  int got = 0, errors = 0;
  auto watch = ReadWatch::start(loop, watched.descriptor, [&] {
    char byte = 0;
    if (::recv(watched.descriptor, &byte, 1, MSG_ERRQUEUE) >= 0) ++errors;
    if (::recv(watched.descriptor, &byte, 1, 0) < 0) return;
    if (++got == 3) return loop.stop();
    REQUIRE(sender.send(watched.address));
  });
  REQUIRE(watch);
  loop.run();
  CHECK(got == 3);
  CHECK(errors == 1);
}
#endif

TEST_CASE("a child that is let go is reaped, and no loop waits for one") {
  Loop loop = new_loop();
  const Deadline deadline(loop);
  const auto child = [&loop] {
    auto started = ChildProcess::start(loop, {.words = {"sleep", "60"}},
                                       {[](ByteView) {}, [](ByteView) {}, [](const ChildProcess::Exit&) {}});
    REQUIRE(started);
    return std::move(*started);
  };
  child().reset();
  std::optional<Timer> look;
  look.emplace(loop, [&] {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD) return loop.stop();
    look->start(1ms);
  });
  look->start(0ms);
  loop.run();
  child().reset();  // the loop is closed before it was reaped
}

TEST_CASE("what a child has not read is counted, with what waits for the pipe") {
  Loop loop = new_loop();
  std::string out;
  std::optional<ChildProcess::Exit> exit;
  // Reads nothing until it is told so by the file that goes.
  const std::string gate =
      (std::filesystem::temp_directory_path() / fmt::format("ssblog-gate-{}", ::getpid())).string();
  std::ofstream(gate).put('x');
  auto started = ChildProcess::start(
      loop,
      {.words = {"sh", "-c", "while [ -e \"$0\" ]; do sleep 0.01; done; wc -c </dev/stdin; exit 3", gate},
       .takes_in = true,
       .leads_group = true},
      {[&](ByteView bytes) { out.append(bytes.begin(), bytes.end()); }, [](ByteView) {},
       [&](const ChildProcess::Exit& how) { exit = how; }});
  REQUIRE(started);
  ChildProcess& child = **started;
  constexpr std::size_t much = 300'000;  // more than a pipe holds
  child.give(pattern(much));
  CHECK(child.unread() == much);
  child.give(pattern(5));
  child.end_input();
  std::filesystem::remove(gate);
  run_until(loop, [&] { return exit.has_value(); });
  CHECK(exit->status == 3);
  CHECK(std::stoul(out) == much + 5);
  started->reset();
}

TEST_CASE("a signal reaches all that a child started, and a child that closed its stdin ends nothing") {
  ::signal(SIGPIPE, SIG_IGN);  // as the daemon does
  Loop loop = new_loop();
  std::optional<ChildProcess::Exit> exit;
  auto started = ChildProcess::start(
      loop, {.words = {"sh", "-c", "exec <&-; sleep 600 & wait"}, .takes_in = true, .leads_group = true},
      {[](ByteView) {}, [](ByteView) {}, [&](const ChildProcess::Exit& how) { exit = how; }});
  REQUIRE(started);
  (*started)->give(pattern(200'000));
  const auto patience = loop.now() + 100ms;
  run_until(loop, [&] { return loop.now() > patience; });
  // It may have closed it before it was given anything.
  CHECK((*started)->unread().value_or(1) > 0);
  (*started)->send(SIGKILL);
  run_until(loop, [&] { return exit.has_value(); });  // the sleep held its output open
  CHECK(exit->signal == SIGKILL);
  started->reset();
}
