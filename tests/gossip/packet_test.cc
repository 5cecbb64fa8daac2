// SPDX-License-Identifier: MIT
#include "gossip/protocol/packet.h"

#include "feed/json.h"
#include "gossip/pieces.h"
#include "gossip/protocol/limits.h"
#include "vectors.h"

#include <doctest/doctest.h>

#include <utility>

using namespace ssblog;

namespace {

constexpr auto any_length = [](const PacketHead&) { return std::size_t{0xffffffff}; };
constexpr auto usual_length = [](const PacketHead&) { return max_packet_bytes; };

/// What a reader made of some bytes: each packet as a text, and the error.
struct Reading {
  std::vector<std::string> packets;
  std::string error;
  std::size_t left = 0;  ///< bytes not eaten
  bool operator==(const Reading&) const = default;
};

std::string described(const Packet& packet) {
  if (packet.is_goodbye()) return "GOODBYE";
  const auto& head = packet.head;
  return std::to_string(head.request) + (head.stream ? " S" : " -") + (head.end ? "E" : "-") +
         std::to_string(static_cast<int>(head.type)) + " " + to_hex(packet.body);
}

/// Reads pieces of a length.
Reading read_all(ByteView wire, std::size_t step) {
  PacketReader reader;
  Reading reading;
  for (const ByteView piece : pieces(wire, step)) {
    ByteView in = piece;
    for (;;) {
      const auto packet = reader.next(in, any_length);
      if (!packet) {
        reading.error = packet.error().text;
        return reading;
      }
      if (!*packet) break;
      reading.packets.push_back(described(**packet));
    }
    reading.left += in.size();
  }
  return reading;
}

PacketHead head_of(std::string_view vector) {
  const auto type = wtf8(vector, "type");
  return {member(vector, "stream") == "true", member(vector, "end") == "true",
          type == "json"   ? BodyType::json
          : type == "utf8" ? BodyType::text
                           : BodyType::bytes,
          static_cast<std::int32_t>(*integer_of(member(vector, "req")))};
}

}  // namespace

TEST_CASE("packets are written as the reference writes them") {
  const auto file = vectors("muxrpc.json");
  std::size_t count = 0;
  for (Items items(member(file, "packets")); items.next(); ++count) {
    CAPTURE(wtf8(items.value(), "name"));
    const PacketHead head = head_of(items.value());
    const ByteBuf body = hex_bytes(items.value(), "body_hex");
    ByteBuf out;
    if (body.empty()) {
      if (head.request != 0) continue;  // the empty text that must never be sent; below
      append_goodbye(out);
    } else {
      append_packet(out, head, body);
    }
    CHECK(to_hex(out) == wtf8(items.value(), "wire"));
  }
  CHECK(count == 28);
}

TEST_CASE("packets are read as the reference reads them, however the bytes are cut") {
  const auto file = vectors("muxrpc.json");
  ByteBuf wire;
  std::vector<std::string> expected;
  for (Items items(member(file, "packets")); items.next();) {
    const ByteBuf body = hex_bytes(items.value(), "body_hex");
    if (body.empty() && wtf8(items.value(), "name") != "goodbye") continue;
    const ByteBuf packet = hex_bytes(items.value(), "wire");
    wire.insert(wire.end(), packet.begin(), packet.end());
    expected.push_back(described({head_of(items.value()), body}));
  }
  for (Items items(member(file, "decoded")); items.next();) {
    std::string chunks;
    for (Items cut(member(items.value(), "chunks")); cut.next();) chunks += wtf8(cut.value());
    if (!chunks.empty()) CHECK(chunks == to_hex(wire));
  }
  for (std::size_t step = 1; step <= wire.size(); ++step) {
    CAPTURE(step);
    const auto reading = read_all(wire, step);
    REQUIRE(reading.packets == expected);
    REQUIRE(reading.error.empty());
    REQUIRE(reading.left == 0);
  }
}

TEST_CASE("unusual packets are read as the reference reads them, or end the connection") {
  const auto file = vectors("muxrpc.json");
  std::size_t count = 0;
  for (Items items(member(file, "failing")); items.next(); ++count) {
    const auto name = wtf8(items.value(), "name");
    CAPTURE(name);
    const ByteBuf wire = hex_bytes(items.value(), "wire");
    const auto reading = read_all(wire, wire.size());
    std::size_t decoded = 0;
    for (Items out(member(items.value(), "decoded")); out.next(); ++decoded) {
      REQUIRE(reading.packets.size() > decoded);
      CHECK((reading.packets[decoded] == "GOODBYE") == (out.value() == "\"GOODBYE\""));
    }
    // A body that is no JSON is for the next layer to refuse, and an end too early is for the owner of the socket.
    CHECK(reading.packets.size() == decoded + (name == "JSON body that does not parse"));
    CHECK(!reading.error.empty() == (name == "body type 3"));
    CHECK(read_all(wire, 1) == reading);
  }
  CHECK(count == 8);
}

TEST_CASE("no body is empty on the wire") {
  ByteBuf out;
  append_packet(out, {false, false, BodyType::text, -4}, {});
  ByteBuf expected;
  append_packet(expected, {false, false, BodyType::json, -4}, as_bytes("\"\""));
  CHECK(out == expected);
  out.clear();
  append_packet(out, {true, false, BodyType::bytes, 3}, {});
  CHECK(out.empty());
}

TEST_CASE("a packet of length 0 is a goodbye whatever its flags, and nothing is read behind it") {
  for (int flags = 0; flags < 256; ++flags) {
    CAPTURE(flags);
    ByteBuf wire = {static_cast<std::uint8_t>(flags), 0, 0, 0, 0, 0, 0, 0, 5};
    append_packet(wire, {}, as_bytes("behind"));
    const auto reading = read_all(wire, wire.size());
    CHECK(reading.packets == std::vector<std::string>{"GOODBYE"});
    CHECK(reading.left == 0);
    CHECK(reading.error.empty());
  }
}

TEST_CASE("a packet above its limit is refused from its head, before any of its body is kept") {
  const ByteView nothing;
  for (const std::size_t limit : {std::size_t{1}, max_packet_bytes, max_ebt_packet_bytes}) {
    for (const std::size_t length : {limit, limit + 1, std::size_t{0xffffffff}}) {
      CAPTURE(limit);
      CAPTURE(length);
      const auto byte = [&](int shift) { return static_cast<std::uint8_t>(length >> shift); };
      const ByteBuf wire = {0x0a, byte(24), byte(16), byte(8), byte(0), 0xff, 0xff, 0xff, 0xf9};
      PacketReader reader;
      ByteView in = wire;
      std::int32_t asked_for = 0;
      std::size_t times = 0;
      const auto limit_of = [&](const PacketHead& head) {
        asked_for = head.request;
        ++times;
        return limit;
      };
      const auto packet = reader.next(in, limit_of);
      CHECK(bool(packet) == (length == limit));
      CHECK(asked_for == -7);
      in = nothing;
      const auto again = reader.next(in, limit_of);  // an error stays one
      CHECK(bool(again) == (length == limit));
      CHECK(times == 1);
    }
  }
}

TEST_CASE("packets up to the limit come whole, also behind a long one") {
  ByteBuf wire;
  const ByteBuf body(max_packet_bytes, 'x');
  for (int i = 0; i < 3; ++i) {
    append_packet(wire, {true, false, BodyType::bytes, i + 1}, body);
    append_packet(wire, {true, false, BodyType::text, i + 1}, as_bytes("short"));
  }
  for (const std::size_t step : {std::size_t{1}, std::size_t{4096}, std::size_t{65536}, wire.size()}) {
    CAPTURE(step);
    PacketReader reader;
    std::size_t count = 0;
    for (const ByteView piece : pieces(wire, step)) {
      for (ByteView in = piece;;) {
        const auto packet = reader.next(in, usual_length);
        REQUIRE(packet);
        if (!*packet) break;
        CHECK((*packet)->body.size() == (count % 2 == 0 ? body.size() : 5));
        ++count;
      }
    }
    CHECK(count == 6);
  }
}

TEST_CASE("a packet that lies whole in its bytes is not copied") {
  ByteBuf wire;
  append_packet(wire, {true, false, BodyType::json, 1}, as_bytes("{}"));
  PacketReader reader;
  ByteView in = wire;
  const auto packet = reader.next(in, usual_length);
  REQUIRE(packet);
  REQUIRE(*packet);
  CHECK((*packet)->body.data() == wire.data() + 9);
}
