// SPDX-License-Identifier: MIT
// gossip/rpc_side.h - one side of a muxrpc session whose events and packets are texts, so that they can be compared.
//
// Used by tests.
#pragma once

#include "gossip/pieces.h"
#include "gossip/protocol/rpc.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ssblog {

inline constexpr RpcMethod methods[] = {{"whoami", RpcKind::async},
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

inline std::string error_packet(std::string_view flags, int request, std::string_view message) {
  return fmt::format("{}2 {} {}", flags, request, remote_error(message));
}

inline const std::string ping = R"({"name":["gossip","ping"],"args":[{"timeout":300000}],"type":"duplex"})";
inline const std::string history = R"({"name":["createHistoryStream"],"args":[{}],"type":"source"})";

}  // namespace ssblog
