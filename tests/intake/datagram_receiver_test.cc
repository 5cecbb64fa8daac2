// SPDX-License-Identifier: MIT
// tests/intake/datagram_receiver_test.cc - signed datagrams through real sockets into an inlet of the test, and the
// client that sends them.
#include "intake/receiver_world.h"

#include "intake/datagram_receiver.h"
#include "ssblog/client.hpp"

#include <random>

using namespace ssblog;
using namespace std::chrono_literals;

TEST_CASE("signed datagrams are taken once, in time, under the secret") {
  ReceiverWorld world;
  world.write_secret(secret);
  const auto listening = world.started<DatagramReceiver>({"udp:0"});
  DatagramReceiver& receiver = *listening;
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
    auto receiver = world.started<DatagramReceiver>({"udp:0"});
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
  receiver = world.started<DatagramReceiver>({"udp:0"});
  PlaceSender(receiver->places()[0]).send(signed_with(secret, record_at(world.now, R"(,"from":"late")")));
  world.run_until([&] { return world.inlet.events.size() == 4; });
}

TEST_CASE("every bit of a signed datagram counts") {
  ReceiverWorld world;
  world.write_secret(secret);
  const auto listening = world.started<DatagramReceiver>({"udp:0"});
  DatagramReceiver& receiver = *listening;
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
  const auto listening = world.started<DatagramReceiver>({"udp:0"});
  DatagramReceiver& receiver = *listening;
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
  const auto listening = world.started<DatagramReceiver>({"udp:0"});
  DatagramReceiver& receiver = *listening;
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
  const auto listening = world.started<DatagramReceiver>({"udp:0", "unix:" + world.folder + "/log"});
  DatagramReceiver& receiver = *listening;
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
