// SPDX-License-Identifier: MIT
// tests/intake/signed_datagram_test.cc - what applications sign, taken apart; repeated ones, and gaps in counters.
#include "intake/signed_datagram.h"

#include "intake/seen_macs.h"
#include "intake/sender_counts.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

const std::string mac_text(64, 'a');

std::string why(const std::string& text) {
  const auto record = read_app_record(text);
  return record ? "" : record.error().text;
}

/// A MAC that no other number has.
HmacKey::Mac mac_of(std::uint64_t number) {
  HmacKey::Mac mac{};
  for (std::size_t i = 0; i < 8; ++i) mac[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return mac;
}

std::map<std::string, std::uint64_t> missing(SenderCounts& counts) {
  std::map<std::string, std::uint64_t> all;
  counts.settle([&](const std::string& sender, std::uint64_t count) { all[sender] = count; });
  return all;
}

}  // namespace

TEST_CASE("a datagram is a mark, a MAC and what is signed") {
  const std::string datagram = "ssblog1 " + mac_text + " {\"a\": 1}\n";
  const auto split = split_datagram(as_bytes(datagram));
  REQUIRE(split);
  CHECK(split->mac[0] == 0xaa);
  CHECK(split->text == "{\"a\": 1}\n");
  CHECK(split_datagram(as_bytes("ssblog1 " + mac_text + " ")));
  const std::string whole = "ssblog1 " + mac_text + " {}";
  for (std::size_t size = 0; size < whole.size() - 2; ++size)
    CHECK_FALSE(split_datagram(as_bytes(whole.substr(0, size))));
  CHECK_FALSE(split_datagram(as_bytes("ssblog2 " + mac_text + " {}")));
  CHECK_FALSE(split_datagram(as_bytes("ssblog1 " + mac_text + "a {}")));
  CHECK_FALSE(split_datagram(as_bytes("ssblog1 " + std::string(63, 'a') + "g {}")));
}

TEST_CASE("a record becomes an event") {
  const auto text_of = [](const std::string& text) {
    const auto record = read_app_record(text);
    REQUIRE(record);
    return app_event(*record, "datagrams").text;
  };
  CHECK(text_of(R"({"time":1,"text":"hello"})") == "hello");
  CHECK(text_of(R"({"time":1,"text":"hello","from":"shop-1"})") == "shop-1: hello");
  CHECK(text_of(R"({"time":1,"text":"hello","svc":"shop","from":"shop-1","env":"prod","fn":"pay"})") ==
        "shop from=shop-1 env=prod fn=pay: hello");
  CHECK(text_of(R"x({"time":1,"text":"hello","svc":"my shop","fn":"void pay(int)"})x") ==
        R"x("my shop" fn="void pay(int)": hello)x");
  CHECK(text_of(R"({"time":1,"text":"failed","stack":"at a\nat b\n","other":[1,{"x":2}]})") ==
        "failed\nat a\nat b");
  CHECK(text_of(R"({"time":1,"text":""})").empty());
  CHECK(text_of("{\"time\":1,\"text\":\"a\\u0000b\"}\n") == std::string("a\0b", 3));
  const auto record =
      read_app_record(R"({"time":1700000000123,"text":"x","seq":9007199254740991,"level":"trace"})");
  REQUIRE(record);
  CHECK(record->seq == 9007199254740991U);
  const Event event = app_event(*record, "app");
  CHECK(event.stream == "app");
  CHECK(event.time == 1700000000123);
  CHECK(event.from == TimeFrom::line);
  CHECK(event.level == 7);
  CHECK(read_app_record(R"({"time":1,"text":"x","level":3})")->level == 3);
  CHECK_FALSE(read_app_record(R"({"time":1,"text":"x"})")->level);
}

TEST_CASE("a field that is wrong is named") {
  CHECK(why("") == "it is no JSON object");
  CHECK(why("[1]") == "it is no JSON object");
  CHECK(why(R"({"time":1,"text":"x")") == "it is no JSON object");
  CHECK(why("{\"time\":1,\"text\":\"\xff\"}") == "it is no JSON object");
  CHECK(why(R"({"text":"x"})").find("\"time\"") != std::string::npos);
  CHECK(why(R"({"time":"1","text":"x"})").find("\"time\"") != std::string::npos);
  CHECK(why(R"({"time":1.5,"text":"x"})").find("\"time\"") != std::string::npos);
  CHECK(why(R"({"time":-1,"text":"x"})").find("\"time\"") != std::string::npos);
  CHECK(why(R"({"time":1})").find("\"text\"") != std::string::npos);
  CHECK(why(R"({"time":1,"text":7})").find("\"text\"") != std::string::npos);
  CHECK(why(R"({"time":1,"text":"x","seq":-1})").find("\"seq\"") != std::string::npos);
  CHECK(why(R"({"time":1,"text":"x","seq":9007199254740992})").find("\"seq\"") != std::string::npos);
  CHECK(why(R"({"time":1,"text":"x","level":"loud"})").find("\"level\"") != std::string::npos);
  CHECK(why(R"({"time":1,"text":"x","level":8})").find("\"level\"") != std::string::npos);
  CHECK(why(R"({"time":1,"text":"x","svc":null})").find("\"svc\"") != std::string::npos);
  for (const char* name : {"from", "svc", "env"}) {
    const std::string before = std::string(R"({"time":1,"text":"x",")") + name + "\":\"";
    CHECK(why(before + std::string(64, 'x') + "\"}").empty());
    CHECK(why(before + std::string(65, 'x') + "\"}").find(name) != std::string::npos);
  }
}

TEST_CASE("no bytes make the reader of records fail otherwise than with an error") {
  const std::string whole =
      R"({"time":1,"text":"hello","from":"shop-1","seq":4,"level":"err","stack":"a\nb"})";
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole.substr(0, random() % (whole.size() + 1));
    for (int i = 0; i < 2 && !bytes.empty(); ++i)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (const auto record = read_app_record(bytes)) (void)app_event(*record, "x");
  }
  CHECK_FALSE(read_app_record(std::string(60'000, '[')));
}

TEST_CASE("a MAC is taken once for as long as it is good, and forgotten then") {
  SeenMacs seen(30s);
  constexpr Millis now = 1'700'000'000'000;
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const auto mac = mac_of(random());
    const Millis time = now + static_cast<Millis>(random() % 60'000) - 30'000;
    REQUIRE(seen.take(mac, time, 0ms) == SeenMacs::Answer::fresh);
    REQUIRE(seen.take(mac, time, 1ms) == SeenMacs::Answer::repeated);
  }
  CHECK(seen.size() == 20'000);
  CHECK(seen.take(mac_of(0), now, 0ms) == SeenMacs::Answer::fresh);
  CHECK(seen.take(mac_of(0), now, 60'000ms) == SeenMacs::Answer::repeated);
  // A slice that nobody had before makes room.
  CHECK(seen.take(mac_of(7), now + 60'000, 63'751ms) == SeenMacs::Answer::fresh);
  CHECK(seen.size() == 1);
  // The clock is set back.
  CHECK(seen.take(mac_of(0), now, 63'752ms) == SeenMacs::Answer::too_old);
}

TEST_CASE("where the clock is right, no datagram is too old") {
  for (const auto ttl : {1ms, 1'000ms, 30'000ms}) {
    SeenMacs seen(ttl);
    constexpr Millis start = 1'700'000'000'000;
    std::mt19937_64 random(5);
    for (std::chrono::milliseconds at{0}; at < 20 * ttl; at += ttl / 500 + 1ms) {
      const Millis off = static_cast<Millis>(random() % static_cast<std::uint64_t>(2 * ttl.count() + 1));
      REQUIRE(seen.take(mac_of(random()), start + at.count() + off - ttl.count(), at) ==
              SeenMacs::Answer::fresh);
    }
  }
}

TEST_CASE("when too many MACs are to be remembered, no more are taken until some go") {
  SeenMacs seen(1s);
  constexpr Millis now = 1'700'000'000'000;
  for (std::uint64_t i = 1; i <= SeenMacs::most; ++i)
    if (seen.take(mac_of(i * 0x9e3779b97f4a7c15), now + static_cast<Millis>(i % 1000), 0ms) !=
        SeenMacs::Answer::fresh)
      FAIL("not taken: ", i);
  CHECK(seen.take(mac_of(1), now, 0ms) == SeenMacs::Answer::full);
  CHECK(seen.take(mac_of(1), now + 1'000, 1'900ms) == SeenMacs::Answer::full);
  CHECK(seen.take(mac_of(1), now + 2'126, 2'126ms) == SeenMacs::Answer::fresh);
  CHECK(seen.size() == 1);
}

TEST_CASE("what a counter leaves out is missing, unless it comes late") {
  using Missing = std::map<std::string, std::uint64_t>;
  SenderCounts counts;
  for (const std::uint64_t seq : {7, 8, 9}) counts.take("a", seq);
  CHECK(missing(counts).empty());
  for (const std::uint64_t seq : {13, 12}) counts.take("a", seq);
  counts.take("b", 1);
  counts.take("b", 3);
  CHECK(missing(counts) == Missing{{"a", 2}, {"b", 1}});
  CHECK(missing(counts).empty());
  counts.take("a", 11);  // it was told already
  CHECK(missing(counts).empty());
  counts.take("a", 13);  // the same number twice
  counts.take("a", 1);   // the sender began anew
  counts.take("a", 2);
  CHECK(missing(counts).empty());
  counts.take("a", 1'000'002);
  CHECK(missing(counts) == Missing{{"a", 999'999}});
  // Any order within the window.
  for (std::uint64_t seq = 200; seq > 137; --seq) counts.take("c", seq);
  CHECK(missing(counts).empty());
  counts.take("c", 264);
  for (std::uint64_t seq = 263; seq > 200; --seq) counts.take("c", seq);
  CHECK(missing(counts).empty());
  counts.take("c", 265 + 64);
  for (std::uint64_t seq = 265; seq < 265 + 64; ++seq) counts.take("c", seq);
  CHECK(missing(counts).empty());
}

TEST_CASE("no order of counters makes up what is missing") {
  using Missing = std::map<std::string, std::uint64_t>;
  SenderCounts counts;
  for (const std::uint64_t seq : {2, 1, 3, 4, 5}) counts.take("first two", seq);
  CHECK(missing(counts).empty());
  for (std::uint64_t i = 0; i < 10; ++i) {
    counts.take("two processes", 1'000 + i);
    counts.take("two processes", 100 + i);
  }
  CHECK(missing(counts).empty());
  for (const std::uint64_t seq : {std::uint64_t{3}, max_offset, std::uint64_t{1}, max_offset})
    counts.take("far", seq);
  CHECK(missing(counts).empty());
  for (const std::uint64_t seq : {0, 10, 1}) counts.take("late", seq);
  CHECK(missing(counts) == Missing{{"late", 8}});
  for (const std::uint64_t seq : {1, 2, 3, 4, 5, 6, 1, 2, 3, 5}) counts.take("anew", seq);
  CHECK(missing(counts) == Missing{{"anew", 1}});
}

TEST_CASE("senders without number take bounded memory, and no loss is forgotten for them") {
  SenderCounts counts;
  counts.take("early", 1);
  counts.take("early", 5);
  for (std::size_t i = 0; i < 3 * SenderCounts::most; ++i) counts.take("s" + std::to_string(i), 1);
  CHECK(missing(counts)["early"] == 3);
}
