// SPDX-License-Identifier: MIT
#include "gossip/protocol/rpc.h"

#include "feed/json.h"
#include "gossip/pieces.h"
#include "gossip/protocol/bounded_json.h"
#include "vectors.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <utility>

using namespace ssblog;

namespace {

constexpr RpcMethod methods[] = {{"whoami", RpcKind::async},
                                 {"createHistoryStream", RpcKind::source},
                                 {"blobs.add", RpcKind::sink},
                                 {"gossip.ping", RpcKind::duplex},
                                 {"ebt.replicate", RpcKind::duplex, max_ebt_packet_bytes}};

/// An event as a text, so that a conversation can be compared.
struct Describe {
  std::string operator()(const RpcCall& call) const {
    return fmt::format("call {} {} {}", call.id.n, call.method->name, call.args);
  }
  std::string operator()(const RpcItem& item) const {
    return fmt::format("item {} {} {}", item.id.n, static_cast<int>(item.type), as_text(item.body));
  }
  std::string operator()(const RpcAnswer& answer) const {
    return fmt::format("answer {} {} {}", answer.id.n, static_cast<int>(answer.type), as_text(answer.body));
  }
  std::string operator()(const RpcEnd& end) const {
    return fmt::format("end {} {}", end.id.n, end.error.value_or("cleanly"));
  }
  std::string operator()(const RpcGoodbye&) const { return "goodbye"; }
};

using Events = std::vector<std::string>;

/// One side, its events as texts, and what it sent as packets.
struct Side {
  ByteBuf out;
  Rpc rpc{methods, out};
  Events events;
  std::string error;

  /// Takes bytes in pieces.
  Events hear(ByteView bytes, std::size_t step = 1'000'000) {
    events.clear();
    for (ByteView in : pieces(bytes, step)) {
      for (;;) {
        const auto event = rpc.next(in);
        if (!event) {
          error = event.error().text;
          return events;
        }
        if (!*event) break;
        events.push_back(std::visit(Describe(), **event));
      }
    }
    return events;
  }

  /// Takes one packet.
  Events hear(PacketHead head, std::string_view body) {
    ByteBuf wire;
    append_packet(wire, head, as_bytes(body));
    return hear(wire);
  }

  /// The packets sent since the last time: flags, number, body.
  Events sent() {
    PacketReader reader;
    Events packets;
    for (ByteView in = out;;) {
      const auto packet = reader.next(in, [](const PacketHead&) { return max_ebt_packet_bytes; });
      if (!packet || !*packet) break;
      const auto& [head, body] = **packet;
      packets.push_back((*packet)->is_goodbye()
                            ? "goodbye"
                            : fmt::format("{}{}{} {} {}", head.stream ? "S" : "", head.end ? "E" : "",
                                          static_cast<int>(head.type), head.request, as_text(body)));
    }
    out.clear();
    return packets;
  }
};

constexpr PacketHead stream_item(std::int32_t request) { return {true, false, BodyType::json, request}; }
constexpr PacketHead stream_end(std::int32_t request) { return {true, true, BodyType::json, request}; }
constexpr PacketHead call_head(std::int32_t request) { return {false, false, BodyType::json, request}; }

std::string error_packet(std::string_view flags, int request, std::string_view message) {
  return fmt::format("{}2 {} {}", flags, request, remote_error(message));
}

const std::string ping = R"({"name":["gossip","ping"],"args":[{"timeout":300000}],"type":"duplex"})";
const std::string history = R"({"name":["createHistoryStream"],"args":[{}],"type":"source"})";

}  // namespace

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

TEST_CASE("a call that is not allowed is refused in the words that peers know") {
  const auto refusal = [](bool stream, std::string_view request) {
    Side side;
    CHECK(side.hear({stream, false, BodyType::json, 9}, request).empty());
    CHECK(side.error.empty());
    const auto sent = side.sent();
    REQUIRE(sent.size() == 1);
    const std::string flags = stream ? "SE2 -9 " : "E2 -9 ";
    REQUIRE(sent[0].starts_with(flags));
    return remote_error_message(BodyType::json, as_bytes(std::string_view(sent[0]).substr(flags.size())));
  };
  CHECK(refusal(false, R"({"name":["foo","bar"],"args":[]})") ==
        "method:foo,bar is not in list of allowed methods");
  CHECK(refusal(false, R"({"name":"publish","args":[]})") ==
        "method:publish is not in list of allowed methods");
  CHECK(refusal(false, R"({"name":["gossip.ping"],"args":[]})") ==
        "method:gossip.ping is not in list of allowed methods");
  CHECK(refusal(false, R"({"name":[],"args":[]})") == "method: is not in list of allowed methods");
  CHECK(refusal(true, R"({"name":["ebt","get"],"args":[],"type":"source"})") ==
        "method:ebt,get is not in list of allowed methods");
  CHECK(refusal(false, R"({"name":["createHistoryStream"],"args":[]})") == "no async:createHistoryStream");
  CHECK(refusal(true, R"({"name":["whoami"],"args":[],"type":"source"})") == "no source:whoami");
  CHECK(refusal(true, R"({"name":["whoami"],"args":[],"type":"weird"})") == "unsupported stream type: weird");
  CHECK(refusal(true, R"({"name":["whoami"],"args":[],"type":"async"})") == "unsupported stream type: async");
  CHECK(refusal(true, R"({"name":["whoami"],"args":[]})") == "unsupported stream type: undefined");
  CHECK(refusal(false, R"({"name":["whoami"]})") ==
        R"(invalid request, args should be array, was: {"name":["whoami"]})");
  CHECK(refusal(false, R"({"name":["whoami"],"args":{}})").starts_with("invalid request, args"));
  CHECK(refusal(false, R"({"name":[1],"args":[]})").starts_with("invalid request, name"));
  CHECK(refusal(false, "7").starts_with("invalid request"));
  const std::string long_name(60'000, 'n');
  CHECK(refusal(false, fmt::format(R"({{"name":["{}"],"args":[]}})", long_name)) ==
        fmt::format("method:{} is not in list of allowed methods", long_name.substr(0, max_method_bytes)));
}

TEST_CASE("what belongs to no stream is dropped") {
  Side side;
  CHECK(side.hear(stream_item(7), "{}").empty());
  CHECK(side.hear(stream_item(7), "[1]").empty());
  CHECK(side.hear({true, false, BodyType::bytes, 7}, "\xff").empty());
  CHECK(side.hear(stream_end(7), "true").empty());
  CHECK(side.hear({false, true, BodyType::json, 7}, "true").empty());
  CHECK(side.hear(stream_item(-7), "{}").empty());
  CHECK(side.hear(call_head(-7), "{}").empty());
  CHECK(side.hear(call_head(0), "{}").empty());
  CHECK(side.hear(stream_item(std::numeric_limits<std::int32_t>::min()), ping).empty());
  CHECK(side.sent().empty());
  CHECK(side.error.empty());
  CHECK(side.hear(stream_item(std::numeric_limits<std::int32_t>::max()), ping).size() == 1);
  // A source does not listen, a sink does not speak.
  CHECK(side.hear(stream_item(1), history).size() == 1);
  CHECK(side.hear(stream_item(1), "{}").empty());
  const CallId sink = side.rpc.call(RpcKind::sink, "blobs.add", "[]");
  CHECK(side.hear(stream_item(-sink.n), "{}").empty());
}

TEST_CASE("a call that is no JSON, too deep or too wide ends the connection") {
  const auto error_of = [](std::string_view request) {
    Side side;
    side.hear(call_head(1), request);
    return side.error;
  };
  const auto deep = [](std::size_t levels) {  // the object and its args are two
    return R"({"name":["whoami"],"args":[)" + std::string(levels - 2, '[') + std::string(levels - 2, ']') +
           "]}";
  };
  const auto wide = [](std::size_t keys) {
    std::string text = R"({"name":["whoami"],"args":[{)";
    for (std::size_t i = 2; i < keys; ++i) text += fmt::format(R"({}"k{}":0)", i > 2 ? "," : "", i);
    return text + "}]}";
  };
  CHECK(error_of("{nope").find("call that cannot be read") != std::string::npos);
  CHECK(error_of(deep(max_json_depth)) == "");
  CHECK(error_of(deep(max_json_depth + 1)).find("deeper than 64") != std::string::npos);
  CHECK(error_of(std::string(60'000, '[')).find("deeper than 64") != std::string::npos);
  CHECK(error_of(wide(max_json_keys)) == "");
  CHECK(error_of(wide(max_json_keys + 1)).find("more than 256 keys") != std::string::npos);
}

TEST_CASE("brackets and colons inside strings are not counted") {
  const std::string text = R"(["[[[{{{:::\"[[[:::\\",{"a:b":"::"}])";
  const auto json = read_json(as_bytes(text), 1);
  REQUIRE(json);
  CHECK(*json == text);
  CHECK_FALSE(read_json(as_bytes(text), 0));
  const auto malformed = read_json(as_bytes("\"\xff\""), 1);
  REQUIRE(malformed);
  CHECK(*malformed == "\"\xef\xbf\xbd\"");
  for (const char* bad : {"", "]", "}{", "\"", "\"\\", "[1,]", ":"}) CHECK_FALSE(read_json(as_bytes(bad), 9));
}

TEST_CASE("a packet may be as long as the kind of its stream allows") {
  const auto error_of = [](std::int32_t request, std::size_t length) {
    Side side;
    side.hear(stream_item(1), history);
    side.hear(stream_item(2), R"({"name":["ebt","replicate"],"args":[],"type":"duplex"})");
    side.rpc.call(RpcKind::duplex, "gossip.ping", "[]");
    side.rpc.call(RpcKind::duplex, "ebt.replicate", "[]", max_ebt_packet_bytes);
    side.hear({true, false, BodyType::bytes, request}, std::string(length, ' '));
    return side.error;
  };
  for (const std::int32_t request : {1, 3, -1, -3, 0, std::numeric_limits<std::int32_t>::min()}) {
    CAPTURE(request);
    CHECK(error_of(request, max_packet_bytes) == "");
    CHECK(error_of(request, max_packet_bytes + 1).find("65537 bytes") != std::string::npos);
  }
  for (const std::int32_t request : {2, -2}) {
    CAPTURE(request);
    CHECK(error_of(request, max_ebt_packet_bytes) == "");
    CHECK(error_of(request, max_ebt_packet_bytes + 1).find("1048577 bytes") != std::string::npos);
  }
}

TEST_CASE("a peer has a limited number of calls open, and state for no more") {
  Side side;
  const auto limit = static_cast<std::int32_t>(max_open_streams);
  for (std::int32_t n = 1; n <= limit; ++n) CHECK(side.hear(stream_item(n), history).size() == 1);
  CHECK(side.sent().empty());
  CHECK(side.hear(stream_item(limit + 1), history).empty());
  CHECK(side.hear(call_head(limit + 2), R"({"name":"whoami","args":[]})").empty());
  CHECK(side.sent() == Events{error_packet("SE", -limit - 1, "too many calls are open"),
                              error_packet("E", -limit - 2, "too many calls are open")});
  // One that is over makes room for one.
  CHECK(side.hear(stream_end(3), "true") == Events{"end -3 cleanly"});
  CHECK(side.hear(stream_item(limit + 3), history).size() == 1);
  CHECK(side.hear(stream_item(limit + 4), history).empty());
  // Ended by us and never by the peer: the oldest of very many is forgotten, open ones never are.
  for (std::int32_t n = 1000; n < 4000; ++n) {
    side.hear(stream_item(n), R"({"name":"nothing","args":[],"type":"source"})");
  }
  side.sent();
  CHECK(side.hear(stream_item(3999), history).empty());
  CHECK(side.sent().empty());
  CHECK(side.hear(stream_item(1000), history).empty());
  CHECK(side.sent() == Events{error_packet("SE", -1000, "too many calls are open")});
  CHECK(side.hear(stream_end(1), "true") == Events{"end -1 cleanly"});
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

TEST_CASE("the message of a remote error is found in whatever a peer sends") {
  const auto json = [](std::string_view body) {
    return remote_error_message(BodyType::json, as_bytes(body));
  };
  CHECK(remote_error("a\nb") == R"({"message":"a\nb","name":"Error","stack":"Error: a\nb"})");
  CHECK(json(remote_error("a\nb")) == "a\nb");
  CHECK(json(R"({"message":"x"})") == "x");
  CHECK(json(R"("only text")") == "only text");
  CHECK(json(R"({"code":7})") == R"({"code":7})");
  CHECK(json(R"({"message":{"a":1}})") == R"({"message":{"a":1}})");
  CHECK(json("false") == "false");
  CHECK(json(R"({"message":""})") == "an error without a message");
  CHECK(json("{nope") == "an error that cannot be read");
  CHECK(json(std::string(100, '[')) == "an error that cannot be read");
  CHECK(remote_error_message(BodyType::text, as_bytes("text\xff")) == "text\xef\xbf\xbd");
  std::string long_message(999, 'x');
  long_message += "\xc3\xa4";
  CHECK(json(remote_error(long_message)) == long_message.substr(0, 999));  // no half character
}

TEST_CASE("any byte of a session may be flipped without harm") {
  Side talker;
  talker.rpc.call(RpcKind::async, "whoami", "[]");
  talker.rpc.call(RpcKind::duplex, "gossip.ping", "[]");
  talker.rpc.item({2}, "1500000000000");
  talker.rpc.end({2});
  talker.rpc.goodbye();
  for (std::size_t bit = 0; bit < talker.out.size() * 8; ++bit) {
    ByteBuf wire = talker.out;
    wire[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    Side side;
    const Events whole = side.hear(wire);
    Side slow;
    REQUIRE(slow.hear(wire, 1) == whole);
    REQUIRE(slow.error == side.error);
    REQUIRE(slow.out == side.out);
  }
}
