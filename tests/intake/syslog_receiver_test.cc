// SPDX-License-Identifier: MIT
// tests/intake/syslog_receiver_test.cc - syslog through real sockets into an inlet of the test.
#include "intake/receiver_world.h"

#include "intake/datagram_receiver.h"
#include "intake/syslog_receiver.h"

using namespace ssblog;
using namespace std::chrono_literals;

TEST_CASE("syslog comes in over a unix socket, UDP and TCP") {
  ReceiverWorld world;
  const auto listening =
      world.started<SyslogReceiver>({"unix:" + world.folder + "/log", "udp:0", "tcp:0", "udp:[::1]:0"});
  SyslogReceiver& receiver = *listening;
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
  const auto listening = world.started<SyslogReceiver>(std::move(options));
  SyslogReceiver& receiver = *listening;
  const PlaceSender udp(receiver.places()[0]);
  for (int i = 0; i < 50; ++i) udp.send("<13>app: x");
  PlaceSender tcp(receiver.places()[1]);
  world.run_until([&] { return world.times_said("accept-from") >= 1; });
  const auto second = world.started<SyslogReceiver>({"udp:0"});
  PlaceSender(second->places()[0]).send("<13>app: taken");
  world.run_until([&] { return world.inlet.events.size() == 1; });
  CHECK(world.inlet.events[0].text == "app: taken");
  CHECK(world.times_said("accept-from") == 1);
}

TEST_CASE("a TCP sender waits where there is no room, and loses nothing; a datagram is counted") {
  ReceiverWorld world;
  const auto listening = world.started<SyslogReceiver>({"tcp:0", "udp:0"});
  SyslogReceiver& receiver = *listening;
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
    auto receiver = world.started<SyslogReceiver>({"tcp:0"});
    world.inlet.room = room;
    const PlaceSender one(receiver->places()[0]);
    one.send("<13>app: 1\n<13>app: 2\n<13>app: 3\n<13>app: unfini");
    world.run_until([&] { return world.inlet.events.size() == std::min<std::size_t>(room, 3); });
    receiver.reset();
    CHECK(world.inlet.events.size() == std::min<std::size_t>(room, 4));
    CHECK(world.inlet.losses["the daemon ended"] == 4 - world.inlet.events.size());
  }
}

TEST_CASE("what TCP senders wrote and nobody read yet is taken at the end") {
  for (const std::size_t room : {std::size_t{1'000'000}, std::size_t{100}}) {
    CAPTURE(room);
    ReceiverWorld world;
    auto receiver = world.started<SyslogReceiver>({"tcp:0"});
    const PlaceSender one(receiver->places()[0]), other(receiver->places()[0]);
    one.send("<13>app: 0\n");
    other.send("<13>app: 0\n");
    world.run_until([&] { return world.inlet.events.size() == 2; });
    world.inlet.room = room;
    // The loop does not run any more: it waits with the kernel.
    constexpr std::size_t count = 5'000;
    std::string messages;
    for (std::size_t i = 1; i <= count; ++i) messages += fmt::format("<13>app: {}\n", i);
    one.send(messages);
    other.send(messages + "<13>app: unfini");
    receiver.reset();
    CHECK(world.inlet.events.size() == 2 + std::min(room, 2 * count + 1));
    CHECK(world.inlet.losses["the daemon ended"] == 2 * count + 1 - std::min(room, 2 * count + 1));
    if (room > count) CHECK(world.inlet.events.back().text == "app: unfini");
  }
}

TEST_CASE("room goes round among the TCP senders that wait") {
  ReceiverWorld world;
  const auto listening = world.started<SyslogReceiver>({"tcp:0"});
  SyslogReceiver& receiver = *listening;
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
  auto syslog = world.started<SyslogReceiver>({"udp:0"});
  auto apps = world.started<DatagramReceiver>({"udp:0"});
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
  const auto listening = world.started<SyslogReceiver>({"tcp:0"});
  SyslogReceiver& receiver = *listening;
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
  const auto listening = world.started<SyslogReceiver>({"unix:" + path, "udp:0"});
  SyslogReceiver& receiver = *listening;
  CHECK(receiver.places().size() == 1);
  CHECK(world.times_said("another program reads from it") == 1);
  first->reset();
  world.run_until([&] { return receiver.places().size() == 2; });
}
