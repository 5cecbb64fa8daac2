// SPDX-License-Identifier: MIT
#include "gossip/protocol/rpc.h"

#include "gossip/rpc_side.h"
#include "vectors.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

using namespace ssblog;

TEST_CASE("calls are written as the reference writes them") {
  Side side;
  const auto file = vectors("muxrpc.json");
  const auto wire = [&](std::string_view name) {
    for (Items items(member(file, "packets")); items.next();)
      if (wtf8(items.value(), "name") == name) return hex_bytes(items.value(), "wire");
    FAIL("no vector: " << name);
    return ByteBuf();
  };
  const auto called = [&](RpcKind kind, std::string_view name, std::string_view args, int number) {
    while (side.rpc.call(RpcKind::async, "skip", "[]").n < number - 1) continue;
    side.out.clear();
    side.rpc.call(kind, name, args);
    return std::exchange(side.out, ByteBuf());
  };
  side.rpc.call(RpcKind::async, "whoami", "[]");
  CHECK(std::exchange(side.out, ByteBuf()) == wire("async call whoami"));
  CHECK(called(RpcKind::source, "createHistoryStream",
               R"([{"id":"@RO6w442FVKSSmTBeL26IWOKkP1V0tPRNEZb80u5Mp2Q=.ed25519","seq":1,"live":true,)"
               R"("keys":false}])",
               6) == wire("source call createHistoryStream"));
  CHECK(side.rpc.end({6}));
  CHECK(std::exchange(side.out, ByteBuf()) == wire("source end, confirmed (or aborted) by the calling side"));
  side.rpc.call(RpcKind::duplex, "gossip.ping", R"([{"timeout":300000}])");
  CHECK(std::exchange(side.out, ByteBuf()) == wire("duplex call gossip.ping"));
  CHECK(side.rpc.item({7}, "1500000000000"));
  CHECK(std::exchange(side.out, ByteBuf()) == wire("duplex item from the caller"));
  side.rpc.call(RpcKind::duplex, "ebt.replicate", R"([{"version":3}])");
  CHECK(std::exchange(side.out, ByteBuf()) == wire("duplex call ebt.replicate (version 3, ssb-ebt 5)"));
  side.rpc.call(RpcKind::sink, "blobs.add", "[]");
  CHECK(std::exchange(side.out, ByteBuf()) == wire("sink call blobs.add"));
  side.rpc.goodbye();
  CHECK(std::exchange(side.out, ByteBuf()) == wire("goodbye"));
}

TEST_CASE("what ssb-server asks when it has dialled is heard, refused or answered") {
  Side side;
  CHECK(side.hear(stream_item(1), ping) == Events{R"(call -1 gossip.ping [{"timeout":300000}])"});
  CHECK(side.hear(stream_item(1), "1500000000000") == Events{"item -1 2 1500000000000"});
  CHECK(side.rpc.item({-1}, "1500000000123"));
  CHECK(side.hear(stream_item(2), R"({"name":["blobs","createWants"],"args":[],"type":"source"})").empty());
  CHECK(side.hear(stream_item(3), R"({"name":["ebt","replicate"],"args":[{"version":3}],"type":"duplex"})") ==
        Events{R"(call -3 ebt.replicate [{"version":3}])"});
  CHECK(side.hear(stream_item(4), R"({"name":["ooo","stream"],"args":[],"type":"duplex"})").empty());
  // Sent before it saw the refusal: neither an item nor a call.
  CHECK(side.hear(stream_item(4), R"({"%id":-2})").empty());
  CHECK(side.sent() ==
        Events{"S2 -1 1500000000123",
               error_packet("SE", -2, "method:blobs,createWants is not in list of allowed methods"),
               error_packet("SE", -4, "method:ooo,stream is not in list of allowed methods")});
  CHECK(side.hear(stream_end(2), remote_error("method:blobs,createWants is ...")).empty());
  CHECK(side.sent().empty());
  CHECK_FALSE(side.rpc.is_idle());
}

TEST_CASE("a conversation is the same however its bytes are cut") {
  const auto talk = [](std::size_t step) {
    Side a;
    Side b;
    Events story;
    const auto carry = [&] {
      while (!a.out.empty() || !b.out.empty()) {
        const ByteBuf from_a = std::exchange(a.out, ByteBuf());
        const ByteBuf from_b = std::exchange(b.out, ByteBuf());
        for (const auto& event : b.hear(from_a, step)) story.push_back("b: " + event);
        for (const auto& event : a.hear(from_b, step)) story.push_back("a: " + event);
      }
      REQUIRE(a.error.empty());
      REQUIRE(b.error.empty());
    };
    const CallId who = a.rpc.call(RpcKind::async, "whoami", "[]");
    const CallId nobody = a.rpc.call(RpcKind::async, "no.such", "[1]");
    const CallId feed = a.rpc.call(RpcKind::source, "createHistoryStream", R"([{"id":"@"}])");
    const CallId clock = b.rpc.call(RpcKind::duplex, "gossip.ping", "[]");
    carry();
    CHECK(who == CallId{1});
    CHECK(nobody == CallId{2});
    CHECK(clock == CallId{1});
    CHECK(b.rpc.answer({-who.n}, R"({"id":"@b"})"));
    for (int i = 0; i < 3; ++i) CHECK(b.rpc.item({-feed.n}, fmt::format(R"({{"sequence":{}}})", i)));
    CHECK(b.rpc.item({-feed.n}, BodyType::text, ""));
    CHECK(b.rpc.item({-feed.n}, BodyType::bytes, std::string_view("\0\xff", 2)));
    CHECK(b.rpc.item(clock, "1"));
    CHECK(a.rpc.item({-clock.n}, "2"));
    carry();
    CHECK(b.rpc.end({-feed.n}));
    CHECK(a.rpc.fail({-clock.n}, "no time"));
    CHECK_FALSE(a.rpc.item({-clock.n}, "3"));
    CHECK(b.rpc.item(clock, "4"));  // crosses the end: dropped there
    carry();
    CHECK_FALSE(b.rpc.item(clock, "5"));
    CHECK_FALSE(b.rpc.end(clock));
    CHECK(a.rpc.is_idle());
    CHECK(b.rpc.is_idle());
    a.rpc.goodbye();
    carry();
    CHECK(a.rpc.is_over());
    CHECK(b.rpc.is_over());
    return story;
  };
  const Events story = talk(1'000'000);
  const Events expected = {
      "b: call -1 whoami []",         R"(b: call -3 createHistoryStream [{"id":"@"}])",
      "a: call -1 gossip.ping []",    "a: end 2 method:no,such is not in list of allowed methods",
      R"(a: answer 1 2 {"id":"@b"})",
  };
  REQUIRE(story.size() > expected.size());
  CHECK(Events(story.begin(), story.begin() + static_cast<std::ptrdiff_t>(expected.size() - 1)) ==
        Events(expected.begin(), expected.end() - 1));
  CHECK(std::count(story.begin(), story.end(), R"(a: item 3 2 {"sequence":2})") == 1);
  CHECK(std::count(story.begin(), story.end(), R"(a: item 3 2 "")") == 1);
  CHECK(std::count(story.begin(), story.end(), "b: end 1 no time") == 1);
  CHECK(std::count(story.begin(), story.end(), "a: end 3 cleanly") == 1);
  CHECK(std::count(story.begin(), story.end(), "a: item -1 2 4") == 0);
  for (std::size_t step = 1; step < 200; ++step) {
    CAPTURE(step);
    REQUIRE(talk(step) == story);
  }
}

TEST_CASE("an end is answered by an end, and the number is free after both") {
  Side side;
  side.hear(stream_item(5), ping);
  CHECK(side.hear(stream_end(5), "true") == Events{"end -5 cleanly"});
  CHECK(side.sent() == Events{"SE2 -5 true"});
  CHECK(side.hear(stream_end(5), "true").empty());
  CHECK(side.sent().empty());
  // Ended by us first: its items are dropped, even one that looks like a call, until its end has come.
  CHECK(side.hear(stream_item(5), ping).size() == 1);
  CHECK(side.rpc.end({-5}));
  CHECK(side.rpc.is_idle());
  CHECK(side.hear(stream_item(5), ping).empty());
  CHECK(side.hear(stream_item(5), "1").empty());
  CHECK(side.hear(stream_end(5), remote_error("late")).empty());
  CHECK(side.sent() == Events{"SE2 -5 true"});
  CHECK(side.hear(stream_item(5), ping).size() == 1);
}

TEST_CASE("our call that the peer ends is over in both directions") {
  Side side;
  const CallId feed = side.rpc.call(RpcKind::source, "createHistoryStream", "[]");
  const CallId ebt = side.rpc.call(RpcKind::duplex, "ebt.replicate", "[]");
  side.sent();
  CHECK(side.hear(stream_item(-1), "{}") == Events{"item 1 2 {}"});
  CHECK(side.hear(stream_end(-1), "true") == Events{"end 1 cleanly"});
  CHECK(side.hear(stream_end(-2), remote_error("no list")) == Events{"end 2 no list"});
  CHECK(side.sent() == Events{"SE2 1 true", "SE2 2 true"});
  CHECK(side.hear(stream_item(-1), "{}").empty());
  CHECK(side.hear(stream_end(-2), "true").empty());
  CHECK_FALSE(side.rpc.end(feed));
  CHECK_FALSE(side.rpc.item(ebt, "{}"));
  CHECK(side.sent().empty());
}

TEST_CASE("an async call has one answer, and its error may come with either flag") {
  Side side;
  for (int i = 1; i <= 4; ++i) side.rpc.call(RpcKind::async, "whoami", "[]");
  side.sent();
  CHECK(side.hear({false, false, BodyType::text, -1}, "20.4.1") == Events{"answer 1 1 20.4.1"});
  CHECK(side.hear({false, false, BodyType::text, -1}, "20.4.1").empty());
  CHECK(side.hear({false, true, BodyType::json, -2}, remote_error("x")) == Events{"end 2 x"});
  CHECK(side.hear({true, true, BodyType::json, -3}, remote_error("y")) == Events{"end 3 y"});
  CHECK(side.hear({true, false, BodyType::json, -4}, "1").empty());
  CHECK_FALSE(side.rpc.end({4}));
  CHECK_FALSE(side.rpc.fail({4}, "x"));
  CHECK_FALSE(side.rpc.answer({4}, "1"));
  CHECK_FALSE(side.rpc.item({4}, "1"));
  CHECK_FALSE(side.rpc.is_idle());
  CHECK(side.sent().empty());
}

TEST_CASE("an async call of the peer is answered once, by a value or an error") {
  Side side;
  const std::string who = R"({"name":"whoami","args":[],"type":"async"})";
  CHECK(side.hear(call_head(1), who) == Events{"call -1 whoami []"});
  CHECK(side.hear(call_head(1), who).empty());  // that number waits for us
  CHECK(side.hear(call_head(2), who) == Events{"call -2 whoami []"});
  CHECK_FALSE(side.rpc.item({-1}, "1"));
  CHECK_FALSE(side.rpc.end({-1}));
  CHECK(side.rpc.answer({-1}, "null"));
  CHECK_FALSE(side.rpc.answer({-1}, "null"));
  CHECK(side.rpc.fail({-2}, "I \"forgot\""));
  CHECK(side.rpc.is_idle());
  CHECK(side.sent() == Events{"2 -1 null", error_packet("E", -2, "I \"forgot\"")});
}

TEST_CASE("a goodbye fails what is open, is answered once, and nothing goes on behind it") {
  Side side;
  side.hear(stream_item(1), ping);
  const CallId who = side.rpc.call(RpcKind::async, "whoami", "[]");
  side.sent();
  ByteBuf wire;
  append_goodbye(wire);
  append_packet(wire, stream_item(2), as_bytes(ping));
  CHECK(side.hear(wire) == Events{"goodbye"});
  CHECK(side.rpc.is_idle());
  CHECK(side.rpc.is_over());
  side.rpc.goodbye();
  CHECK(side.sent() == Events{"goodbye"});
  CHECK_FALSE(side.rpc.item({-1}, "1"));
  CHECK_FALSE(side.rpc.end({-1}));
  side.rpc.call(RpcKind::async, "whoami", "[]");
  CHECK(side.rpc.is_idle());
  CHECK(side.sent().empty());
  CHECK(side.hear(call_head(-who.n), "1").empty());
}

TEST_CASE("who said goodbye first still hears the other out") {
  Side side;
  const CallId feed = side.rpc.call(RpcKind::source, "createHistoryStream", "[]");
  const CallId ping_call = side.rpc.call(RpcKind::duplex, "gossip.ping", "[]");
  side.rpc.goodbye();
  CHECK_FALSE(side.rpc.item(ping_call, "1"));
  side.sent();
  CHECK(side.hear(stream_item(-feed.n), "{}") == Events{"item 1 2 {}"});
  CHECK(side.hear(stream_item(1), ping).empty());  // too late for something new
  CHECK(side.hear(stream_end(-feed.n), "true") == Events{"end 1 cleanly"});
  CHECK_FALSE(side.rpc.is_over());
  CHECK(side.sent().empty());
  CHECK(side.hear(ByteBuf(9, 0)) == Events{"goodbye"});
  CHECK(side.rpc.is_over());
  CHECK(side.sent().empty());
}
