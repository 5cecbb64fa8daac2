// SPDX-License-Identifier: MIT
// tests/intake/receivers_test.cc - syslog and signed datagrams through real sockets into an inlet of the test.
#include "intake/datagram_receiver.h"
#include "intake/syslog_receiver.h"
#include "ssblog/client.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

constexpr Millis start_time = 1'795'276'800'000;  // 2026-11-21T16:00:00Z
const std::string secret = "a secret of the tests";

/// Keeps what is put in, as long as it has room.
class KeepingInlet final : public EventInlet {
 public:
  bool put(Event&& event) override {
    if (room == 0) return ++refused, false;
    --room;
    events.push_back(std::move(event));
    return true;
  }
  bool put(Event&& event, std::string cursor) override {
    if (!put(std::move(event))) return false;
    cursor_ = std::move(cursor);
    return true;
  }
  void lose(LostEvents lost) override { losses[lost.reason] += lost.records.value_or(0); }
  void lose(LostEvents lost, std::string) override { lose(std::move(lost)); }
  const std::string& cursor() const override { return cursor_; }
  void when_room(std::function<void()> call) override { call_ = std::move(call); }

  void give_room(std::size_t more) {
    room += more;
    if (call_) call_();
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Event& event : events) all.push_back(event.text);
    return all;
  }

  std::size_t room = 1'000'000;
  int refused = 0;
  std::vector<Event> events;
  std::map<std::string, std::uint64_t> losses;

 private:
  std::string cursor_;
  std::function<void()> call_;
};

/// A loop, an inlet, a folder that goes, and what was said.
struct ReceiverWorld {
  ReceiverWorld() : loop(make()) { REQUIRE(::mkdtemp(folder.data()) != nullptr); }
  ~ReceiverWorld() {
    ::unlink((folder + "/log").c_str());
    ::unlink((folder + "/secret").c_str());
    ::rmdir(folder.c_str());
  }
  ReceiverWorld(const ReceiverWorld&) = delete;
  ReceiverWorld& operator=(const ReceiverWorld&) = delete;

  static Loop make() {
    auto made = Loop::make();
    REQUIRE(made);
    return std::move(*made);
  }

  ReceiverOptions options(std::vector<std::string> listen) {
    ReceiverOptions made;
    made.source.name = "in";
    made.source.listen = std::move(listen);
    made.source.secret_file = folder + "/secret";
    made.own_names = {"nas"};
    made.clock = [this] { return now; };
    made.say = [this](bool, const std::string& sentence) { said.push_back(sentence); };
    return made;
  }

  void write_secret(const std::string& text, mode_t mode = 0600) const {
    const std::string path = folder + "/secret", next = folder + "/log";
    std::ofstream(next) << text << '\n';
    REQUIRE(::chmod(next.c_str(), mode) == 0);
    REQUIRE(::rename(next.c_str(), path.c_str()) == 0);
  }

  /// Runs until `done` says so, for 20 s at most.
  void run_until(const std::function<bool()>& done) {
    const auto end = loop.now() + 20s;
    std::optional<Timer> look;
    look.emplace(loop, [&] {
      if (done() || loop.now() > end) return loop.stop();
      look->start(1ms);
    });
    look->start(0ms);
    loop.run();
    CHECK(done());
  }

  std::size_t times_said(std::string_view part) const {
    return static_cast<std::size_t>(std::count_if(said.begin(), said.end(), [&](const std::string& one) {
      return one.find(part) != std::string::npos;
    }));
  }

  Loop loop;
  KeepingInlet inlet;
  std::string folder = "/tmp/ssblog-receivers-XXXXXX";
  std::vector<std::string> said;
  Millis now = start_time;
};

std::uint16_t port_of(const std::string& place) {
  return static_cast<std::uint16_t>(std::stoi(place.substr(place.rfind(':') + 1)));
}

/// A socket that sends to a place as a receiver names it.
class PlaceSender {
 public:
  explicit PlaceSender(const std::string& place) {
    const bool tcp = place.starts_with("tcp:");
    sockaddr_storage address{};
    socklen_t size = 0;
    if (place.starts_with("unix:")) {
      auto* to = reinterpret_cast<sockaddr_un*>(&address);
      to->sun_family = AF_UNIX;
      place.copy(to->sun_path, sizeof to->sun_path - 1, 5);
      size = sizeof *to;
    } else {
      address = SocketAddress::from("127.0.0.1", port_of(place))->raw;
      size = sizeof(sockaddr_in);
    }
    descriptor_ = ::socket(address.ss_family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    REQUIRE(descriptor_ >= 0);
    REQUIRE(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  }
  PlaceSender(const PlaceSender&) = delete;
  PlaceSender& operator=(const PlaceSender&) = delete;
  ~PlaceSender() { close(); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  void send(std::string_view bytes) const {
    REQUIRE(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }

 private:
  int descriptor_ = -1;
};

std::string signed_with(const std::string& key, const std::string& json) {
  return "ssblog1 " + to_hex(HmacKey(as_bytes(key)).mac_of(as_bytes(json))) + " " + json;
}
std::string record_at(Millis time, const std::string& more) {
  return fmt::format(R"({{"time":{},"text":"hello"{}}})", time, more);
}

}  // namespace

TEST_CASE("syslog comes in over a unix socket, UDP and TCP") {
  ReceiverWorld world;
  SyslogReceiver receiver(world.loop, world.inlet,
                          world.options({"unix:" + world.folder + "/log", "udp:0", "tcp:0", "udp:[::1]:0"}));
  REQUIRE(receiver.check());
  receiver.start();
  REQUIRE(receiver.places().size() == 4);
  CHECK(world.times_said("listening on ") == 4);
  PlaceSender(receiver.places()[0]).send("<13>root: by unix");
  PlaceSender(receiver.places()[1]).send("<11>Nov 21 15:00:00 web01 app[7]: by udp");
  const PlaceSender tcp(receiver.places()[2]);
  tcp.send("<13>app: line\n12 <13>app: a\nb<13>app: un");
  world.run_until([&] { return world.inlet.events.size() == 4; });
  tcp.send("finished\n");
  world.run_until([&] { return world.inlet.events.size() == 5; });
  auto texts = world.inlet.texts();
  std::sort(texts.begin(), texts.end());
  CHECK(texts == std::vector<std::string>{"app: a\nb", "app: line", "app: unfinished", "root: by unix",
                                          "web01 app[7]: by udp"});
  for (const Event& event : world.inlet.events) CHECK(event.stream == "syslog");
}

TEST_CASE("senders from elsewhere are refused, and that is said once") {
  ReceiverWorld world;
  auto options = world.options({"udp:0", "tcp:0"});
  options.source.accept_from = {"192.0.2.0/24"};
  SyslogReceiver receiver(world.loop, world.inlet, std::move(options));
  REQUIRE(receiver.check());
  receiver.start();
  const PlaceSender udp(receiver.places()[0]);
  for (int i = 0; i < 50; ++i) udp.send("<13>app: x");
  PlaceSender tcp(receiver.places()[1]);
  world.run_until([&] { return world.times_said("accept-from") >= 1; });
  auto other = world.options({"udp:0"});
  SyslogReceiver second(world.loop, world.inlet, std::move(other));
  REQUIRE(second.check());
  second.start();
  PlaceSender(second.places()[0]).send("<13>app: taken");
  world.run_until([&] { return world.inlet.events.size() == 1; });
  CHECK(world.inlet.events[0].text == "app: taken");
  CHECK(world.times_said("accept-from") == 1);
}

TEST_CASE("a TCP sender waits where there is no room, and loses nothing; a datagram is counted") {
  ReceiverWorld world;
  SyslogReceiver receiver(world.loop, world.inlet, world.options({"tcp:0", "udp:0"}));
  REQUIRE(receiver.check());
  receiver.start();
  world.inlet.room = 2;
  {
    const PlaceSender tcp(receiver.places()[0]);
    for (int i = 0; i < 10; ++i) tcp.send(fmt::format("<13>app: {}\n", i));
    tcp.send("<13>app: last");
  }
  world.run_until([&] { return world.inlet.events.size() == 2; });
  const PlaceSender udp(receiver.places()[1]);
  for (int i = 0; i < 7; ++i) udp.send("<13>app: lost");
  world.run_until([&] { return world.inlet.losses["no room"] == 7; });
  world.inlet.give_room(3);
  CHECK(world.inlet.events.size() == 5);
  world.inlet.give_room(100);
  world.run_until([&] { return world.inlet.events.size() == 11; });
  for (int i = 0; i < 10; ++i)
    CHECK(world.inlet.events[static_cast<std::size_t>(i)].text == fmt::format("app: {}", i));
  CHECK(world.inlet.events[10].text == "app: last");
}

TEST_CASE("what TCP senders began is taken at the end, and counted where there is no room") {
  for (const std::size_t room : {std::size_t{1}, std::size_t{3}, std::size_t{100}}) {
    CAPTURE(room);
    ReceiverWorld world;
    auto receiver = std::make_unique<SyslogReceiver>(world.loop, world.inlet, world.options({"tcp:0"}));
    REQUIRE(receiver->check());
    receiver->start();
    world.inlet.room = room;
    const PlaceSender one(receiver->places()[0]);
    one.send("<13>app: 1\n<13>app: 2\n<13>app: 3\n<13>app: unfini");
    world.run_until([&] { return world.inlet.events.size() == std::min<std::size_t>(room, 3); });
    receiver.reset();
    CHECK(world.inlet.events.size() == std::min<std::size_t>(room, 4));
    CHECK(world.inlet.losses["the daemon ended"] == 4 - world.inlet.events.size());
  }
}

TEST_CASE("room goes round among the TCP senders that wait") {
  ReceiverWorld world;
  SyslogReceiver receiver(world.loop, world.inlet, world.options({"tcp:0"}));
  REQUIRE(receiver.check());
  receiver.start();
  world.inlet.room = 0;
  std::vector<std::unique_ptr<PlaceSender>> senders;
  for (int i = 0; i < 3; ++i) {
    senders.push_back(std::make_unique<PlaceSender>(receiver.places()[0]));
    senders.back()->send(fmt::format("<13>app: {}\n<13>app: {}\n<13>app: {}\n", i, i, i));
    world.run_until([&] { return world.inlet.refused == i + 1; });
  }
  for (int i = 0; i < 3; ++i) world.inlet.give_room(1);
  auto texts = world.inlet.texts();
  std::sort(texts.begin(), texts.end());
  CHECK(texts == std::vector<std::string>{"app: 0", "app: 1", "app: 2"});
}

TEST_CASE("datagrams that wait with the kernel at the end are taken or counted") {
  ReceiverWorld world;
  world.write_secret(secret);
  auto syslog = std::make_unique<SyslogReceiver>(world.loop, world.inlet, world.options({"udp:0"}));
  auto apps = std::make_unique<DatagramReceiver>(world.loop, world.inlet, world.options({"udp:0"}));
  REQUIRE(syslog->check());
  REQUIRE(apps->check());
  syslog->start();
  apps->start();
  const PlaceSender to_syslog(syslog->places()[0]), to_apps(apps->places()[0]);
  constexpr std::uint64_t sent = 30'000;  // more than the room that is asked for
  for (std::uint64_t i = 0; i < sent; ++i) to_syslog.send("<13>app: x");
  for (int i = 0; i < 10; ++i)
    to_apps.send(signed_with(secret, record_at(start_time, fmt::format(R"(,"seq":{})", i))));
  world.inlet.room = 20'000;
  syslog.reset();
  const auto taken = world.inlet.events.size();
  std::uint64_t lost = 0;
  for (const auto& [reason, records] : world.inlet.losses) lost += records;
  CHECK(taken > 100);  // what the system lets wait at least
  CHECK(taken + lost == sent);
  world.inlet.room = 7;
  world.inlet.losses.clear();
  apps.reset();
  CHECK(world.inlet.events.size() == taken + 7);
  CHECK(world.inlet.losses["no room"] == 3);
}

TEST_CASE("there are so many TCP connections and no more") {
  ReceiverWorld world;
  SyslogReceiver receiver(world.loop, world.inlet, world.options({"tcp:0"}));
  REQUIRE(receiver.check());
  receiver.start();
  std::vector<std::unique_ptr<PlaceSender>> senders;
  for (std::size_t i = 0; i <= SyslogConnections::most; ++i) {
    senders.push_back(std::make_unique<PlaceSender>(receiver.places()[0]));
    senders.back()->send("<13>app: x\n");
    if (i < SyslogConnections::most) world.run_until([&] { return world.inlet.events.size() == i + 1; });
  }
  world.run_until([&] { return world.times_said("connections already") == 1; });
  senders.front()->close();
  senders.erase(senders.begin());
  // Its place is free when the loop has seen it go.
  world.run_until([&] {
    senders.push_back(std::make_unique<PlaceSender>(receiver.places()[0]));
    senders.back()->send("<13>app: again\n");
    return world.inlet.events.back().text == "app: again";
  });
}

TEST_CASE("a place that is taken is tried again, and the others are open") {
  ReceiverWorld world;
  const std::string path = world.folder + "/log";
  auto first = DatagramSocket::listen(world.loop, path, {[](const Datagram&) {}, {}});
  REQUIRE(first);
  SyslogReceiver receiver(world.loop, world.inlet, world.options({"unix:" + path, "udp:0"}));
  REQUIRE(receiver.check());
  receiver.start();
  CHECK(receiver.places().size() == 1);
  CHECK(world.times_said("another program reads from it") == 1);
  first->reset();
  world.run_until([&] { return receiver.places().size() == 2; });
}

TEST_CASE("signed datagrams are taken once, in time, under the secret") {
  ReceiverWorld world;
  world.write_secret(secret);
  DatagramReceiver receiver(world.loop, world.inlet, world.options({"udp:0"}));
  REQUIRE(receiver.check());
  receiver.start();
  const PlaceSender udp(receiver.places()[0]);
  const auto good = signed_with(secret, record_at(start_time, R"(,"from":"shop","seq":1)"));
  udp.send(good);
  udp.send(good);
  udp.send(signed_with("another secret of the tests", record_at(start_time, "")));
  udp.send(signed_with(secret, record_at(start_time + 60'000, R"(,"from":"ahead")")));
  udp.send(signed_with(secret, record_at(start_time - 1, R"(,"from":"old")")));
  udp.send(good.substr(0, good.size() - 1));
  udp.send(good.substr(0, 40));
  udp.send("");
  udp.send(signed_with(secret, "{}"));
  udp.send(signed_with(secret, record_at(start_time + 30'000, R"(,"from":"shop","seq":5)")));
  world.run_until([&] { return world.inlet.losses.size() == 1; });
  CHECK(world.inlet.texts() == std::vector<std::string>{"shop: hello", "shop: hello"});
  CHECK(world.inlet.losses["datagrams of shop that never came"] == 3);
  CHECK(world.times_said("from shop: it came before") == 1);
  CHECK(world.times_said("from 127.0.0.1: its signature is wrong") == 1);
  CHECK(world.times_said("from ahead: its time is further than 30000 ms from ours") == 1);
  CHECK(world.times_said("from old: its time is before the start of this daemon") == 1);
  CHECK(world.times_said("from 127.0.0.1: it is no signed datagram") == 1);
  CHECK(world.times_said("\"time\"") == 1);
  // Late later.
  world.now += 100'000;
  udp.send(signed_with(secret, record_at(start_time + 60'000, R"(,"from":"late")")));
  world.run_until([&] { return world.times_said("from late: ") == 1; });
  CHECK(world.inlet.events.size() == 2);
}

TEST_CASE("a datagram of a clock that is ahead is not taken again after a restart") {
  ReceiverWorld world;
  world.write_secret(secret);
  const auto ahead = signed_with(secret, record_at(start_time + 20'000, R"(,"from":"ahead")"));
  const auto restart = [&] {
    auto receiver = std::make_unique<DatagramReceiver>(world.loop, world.inlet, world.options({"udp:0"}));
    REQUIRE(receiver->check());
    receiver->start();
    PlaceSender(receiver->places()[0]).send(ahead);
    return receiver;
  };
  auto receiver = restart();
  PlaceSender(receiver->places()[0]).send(signed_with(secret, record_at(start_time, "")));
  world.run_until([&] { return world.inlet.events.size() == 2; });
  receiver.reset();
  world.now += 5'000;
  receiver = restart();
  world.run_until([&] { return world.times_said("from ahead: a time that is not before it") == 1; });
  const auto behind = signed_with(secret, record_at(start_time + 20'001, R"(,"from":"next")"));
  PlaceSender(receiver->places()[0]).send(behind);
  world.run_until([&] { return world.inlet.events.size() == 3; });
  CHECK(world.inlet.events[2].text == "next: hello");
  receiver.reset();
  // The clock was wrong, and is set right: the cursor counts no more.
  world.now = start_time - 100'000;
  receiver = std::make_unique<DatagramReceiver>(world.loop, world.inlet, world.options({"udp:0"}));
  REQUIRE(receiver->check());
  receiver->start();
  PlaceSender(receiver->places()[0]).send(signed_with(secret, record_at(world.now, R"(,"from":"late")")));
  world.run_until([&] { return world.inlet.events.size() == 4; });
}

TEST_CASE("every bit of a signed datagram counts") {
  ReceiverWorld world;
  world.write_secret(secret);
  DatagramReceiver receiver(world.loop, world.inlet, world.options({"udp:0"}));
  REQUIRE(receiver.check());
  receiver.start();
  const PlaceSender udp(receiver.places()[0]);
  const auto good = signed_with(secret, record_at(start_time, ""));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto other = good;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ 1 << bit % 8);
    // The case of a hex digit is all that may differ.
    const bool letter = bit / 8 >= 8 && bit / 8 < 72 && bit % 8 == 5 && good[bit / 8] >= 'a';
    if (!letter) udp.send(other);
  }
  udp.send(good);
  world.run_until([&] { return !world.inlet.events.empty(); });
  CHECK(world.inlet.events.size() == 1);
}

TEST_CASE("a changed secret is used at once, and the one before for a while") {
  ReceiverWorld world;
  world.write_secret(secret);
  DatagramReceiver receiver(world.loop, world.inlet, world.options({"udp:0"}));
  REQUIRE(receiver.check());
  receiver.start();
  const PlaceSender udp(receiver.places()[0]);
  const std::string second = "the second secret of the tests", third = "the third secret of the tests";
  world.write_secret(second);
  world.run_until([&] { return world.times_said("has changed") == 1; });
  udp.send(signed_with(secret, record_at(start_time, R"(,"from":"a")")));
  udp.send(signed_with(second, record_at(start_time, R"(,"from":"b")")));
  world.run_until([&] { return world.inlet.events.size() == 2; });
  // One that cannot be used changes nothing; SIGHUP is `reload`.
  world.write_secret("short");
  receiver.reload();
  CHECK(world.times_said("16 to 4096 are needed") == 1);
  world.write_secret(third, 0644);
  receiver.reload();
  CHECK(world.times_said("chmod 640") == 1);
  udp.send(signed_with(third, record_at(start_time, R"(,"from":"c")")));
  udp.send(signed_with(second, record_at(start_time, R"(,"from":"d")")));
  world.run_until([&] { return world.inlet.events.size() == 3; });
  CHECK(world.inlet.events[2].text == "d: hello");
  world.write_secret(third);
  receiver.reload();
  // Several may be replaced within a minute, and each is good.
  udp.send(signed_with(secret, record_at(start_time, R"(,"from":"e")")));
  world.run_until([&] { return world.inlet.events.size() == 4; });
  for (int i = 0; i < 6; ++i) {
    world.write_secret(fmt::format("a secret that is written slowly {}", i));
    receiver.reload();
  }
  world.write_secret(third);
  receiver.reload();
  udp.send(signed_with(secret, record_at(start_time, R"(,"from":"g")")));
  udp.send(signed_with(third, record_at(start_time, R"(,"from":"f")")));
  world.run_until([&] { return world.inlet.events.size() == 6; });
  CHECK(world.inlet.events[5].text == "f: hello");
}

TEST_CASE("a secret that is missing, short or open to all stops a source with a sentence") {
  ReceiverWorld world;
  const std::string path = world.folder + "/secret";
  CHECK(read_secret(path).error().code == Code::no_input);
  for (const std::size_t size : {0, 15, 4097, 10'000}) {
    CAPTURE(size);
    world.write_secret(std::string(size, 'x'));
    CHECK(read_secret(path).error().code == Code::config);
  }
  for (const std::size_t size : {16, 4096}) {
    world.write_secret(std::string(size, 'x'));
    REQUIRE(read_secret(path));
    CHECK(*read_secret(path) == std::string(size, 'x'));
  }
  CHECK_FALSE(read_secret(world.folder));
  world.write_secret(secret, 0604);
  CHECK(read_secret(path).error().text.find("chmod 640") != std::string::npos);
  DatagramReceiver receiver(world.loop, world.inlet, world.options({"udp:0"}));
  REQUIRE(receiver.check());
  receiver.start();
  CHECK(receiver.places().empty());
  CHECK(world.times_said("until then it listens nowhere") == 1);
  world.write_secret(secret);
  receiver.reload();
  CHECK(receiver.places().size() == 1);
  DatagramReceiver over_tcp(world.loop, world.inlet, world.options({"tcp:0"}));
  CHECK_FALSE(over_tcp.check());
}

TEST_CASE("the client's HMAC is libsodium's") {
  std::mt19937 random(11);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string key(size, '\0'), text((size * 7) % 301, '\0');
    for (char& c : key) c = static_cast<char>(random());
    for (char& c : text) c = static_cast<char>(random());
    REQUIRE(client::detail::hex(client::detail::hmac(key, text)) ==
            to_hex(HmacKey(as_bytes(key)).mac_of(as_bytes(text))));
  }
}

TEST_CASE("what the client sends is taken as it was said") {
  ReceiverWorld world;
  world.now = std::chrono::duration_cast<std::chrono::milliseconds>(
                  std::chrono::system_clock::now().time_since_epoch())
                  .count();
  world.write_secret(secret);
  DatagramReceiver receiver(world.loop, world.inlet,
                            world.options({"udp:0", "unix:" + world.folder + "/log"}));
  REQUIRE(receiver.check());
  receiver.start();
  for (const std::string& place : receiver.places()) {
    CAPTURE(place);
    world.inlet.events.clear();
    client::Options options;
    options.to = place.starts_with("udp:") ? place.substr(4) : place;
    options.secret_file = world.folder + "/secret";
    options.svc = "shop";
    options.from = place.substr(0, 4);
    options.env = "test";
    client::Logger log(options);
    CHECK(log.error().empty());
    CHECK(log.err("failed \"so\"\\\t\x01\x1f", {"pay", "at a()\nat b()"}));
    CHECK(log.trace("below what is sent"));
    CHECK(log.info("caf\xc3\xa9 \xf0\x9f\x98\x80 \xff\xc3"));
    CHECK(log.notice(""));
    CHECK(log.debug(std::string(100'000, 'x'), {"", std::string(100'000, '"')}));
    world.run_until([&] { return world.inlet.events.size() == 4; });
    const std::string head = fmt::format("shop from={} env=test", options.from);
    CHECK(world.inlet.events[0].text == head + " fn=pay: failed \"so\"\\\t\x01\x1f\nat a()\nat b()");
    CHECK(world.inlet.events[0].level == 3);
    CHECK(world.inlet.events[1].text == head + ": caf\xc3\xa9 \xf0\x9f\x98\x80 \xef\xbf\xbd\xef\xbf\xbd");
    CHECK(world.inlet.events[2].text == head + ": ");
    CHECK(world.inlet.events[3].text.find("70000 bytes were cut off here") != std::string::npos);
    CHECK(log.lost() == 0);
  }
  CHECK(world.said.size() == 2);  // where it listens
  CHECK(world.inlet.losses.empty());
}

TEST_CASE("a client that cannot send says why, and goes on") {
  for (const char* to : {"", "nowhere", "nas:8010", "127.0.0.1:0", "127.0.0.1:99999", "unix:"}) {
    CAPTURE(to);
    client::Options options;
    options.to = to;
    options.secret = secret;
    client::Logger log(options);
    CHECK_FALSE(log.err("lost"));
    CHECK(log.lost() == 1);
  }
  client::Options options;
  options.to = "127.0.0.1:9";
  options.secret_file = "/nonexistent/secret";
  client::Logger log(options);
  CHECK(log.error().find("/nonexistent/secret") != std::string::npos);
  CHECK_FALSE(log.err("lost"));
  try {
    try {
      throw std::runtime_error("no disk");
    } catch (...) {
      std::throw_with_nested(std::runtime_error("no backup"));
    }
  } catch (const std::exception& error) {
    CHECK(client::causes_of(error) == "no backup\ncaused by: no disk");
  }
}
