// SPDX-License-Identifier: MIT
// What a peer may not do, and what it may send without harm.
#include "feed/json.h"
#include "gossip/protocol/bounded_json.h"
#include "gossip/protocol/rpc.h"
#include "gossip/rpc_side.h"

#include <doctest/doctest.h>

#include <limits>

using namespace ssblog;

TEST_CASE("a call that is not allowed is refused in the words that peers know") {
  const auto refusal = [](bool stream, std::string_view request) {
    Side side;
    CHECK(side.hear({stream, false, BodyType::json, 9}, request).empty());
    CHECK(side.error.empty());
    const auto sent = side.sent();
    REQUIRE(sent.size() == 1);
    const std::string flags = stream ? "SE2 -9 " : "E2 -9 ";
    REQUIRE(sent[0].starts_with(flags));
    return read_remote_error(BodyType::json, as_bytes(std::string_view(sent[0]).substr(flags.size())))
        .message;
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

TEST_CASE("the message of a remote error is found in whatever a peer sends") {
  const auto json = [](std::string_view body) {
    return read_remote_error(BodyType::json, as_bytes(body)).message;
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
  CHECK(read_remote_error(BodyType::text, as_bytes("text\xff")).message == "text\xef\xbf\xbd");
  const auto code = [](std::string_view body) {
    return read_remote_error(BodyType::json, as_bytes(body)).code;
  };
  CHECK(code(remote_error("a", 75)) == 75);
  for (const char* body : {R"({"message":"x"})", R"({"code":0})", R"({"code":256})", R"({"code":-1})",
                           R"({"code":"75"})", R"("75")", "{nope"}) {
    CAPTURE(body);
    CHECK(code(body) == 0);
  }
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
