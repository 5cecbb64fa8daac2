// SPDX-License-Identifier: MIT
// hostile/packet_cases.cc - muxrpc: packets whose flags, lengths and request numbers are not what they should be.
#include "gossip/protocol/limits.h"
#include "hostile/world.h"

#include <limits>

namespace ssblog::hostile {
namespace {

constexpr auto least_number = std::numeric_limits<std::int32_t>::min();
constexpr auto greatest_number = std::numeric_limits<std::int32_t>::max();
const std::string no_such = R"({"name":["no","such"],"args":[],"type":"source"})";

/// At every depth at which packets are read.
void add(Cases& cases, const std::string& name, Fate fate, const std::function<void(Attack&)>& attack) {
  cases.push_back({name, Depth::stranger, fate, attack});
  cases.push_back({name + ", at the local socket", Depth::local_socket, fate, attack});
}

void add_heads(Cases& cases) {
  for (unsigned flags = 0; flags < 16; ++flags) {
    const Fate fate = (flags & 3) == 3 ? Fate::cut : Fate::any;
    add(cases, fmt::format("flags {:#x} of a new request", flags), fate,
        [flags](Attack& attack) { attack.caller.packet(static_cast<std::uint8_t>(flags), 5, no_such); });
  }
  for (const unsigned flags : {0x10U, 0x82U, 0xf2U}) {
    add(cases, fmt::format("flags {:#x} of a new request", flags), Fate::kept,
        [flags](Attack& attack) { attack.caller.packet(static_cast<std::uint8_t>(flags), 5, no_such); });
  }
  add(cases, "flags 0xff", Fate::cut, [](Attack& attack) { attack.caller.packet(0xff, 5, no_such); });
  for (const std::uint32_t length : {std::uint32_t{max_packet_bytes} + 1, std::uint32_t{max_ebt_packet_bytes},
                                     std::uint32_t{1} << 24, std::uint32_t{1} << 31, ~std::uint32_t{0}}) {
    for (const std::uint8_t flags : {json_type, std::uint8_t{stream_flag | json_type}}) {
      add(cases, fmt::format("a body of {} bytes announced, flags {}", length, flags), Fate::cut,
          [=](Attack& attack) { attack.caller.send(raw_packet(flags, length, 9, "{")); });
    }
  }
  add(cases, "a body of the most bytes, which is no JSON", Fate::cut,
      [](Attack& attack) { attack.caller.packet(json_type, 9, std::string(max_packet_bytes, 'x')); });
  add(cases, "a body of the most bytes, half of it", Fate::any, [](Attack& attack) {
    attack.caller.send(raw_packet(json_type, max_packet_bytes, 9, std::string(max_packet_bytes / 2, ' ')));
  });
  add(cases, "half a head", Fate::any, [](Attack& attack) { attack.caller.send(ByteBuf{10, 0, 0, 0}); });
  for (const unsigned flags : {0x00U, 0x02U, 0x0aU, 0x0eU}) {
    add(cases, fmt::format("a body of no bytes, flags {:#x}", flags), Fate::cut, [flags](Attack& attack) {
      attack.caller.send(raw_packet(static_cast<std::uint8_t>(flags), 0, 3, {}));
    });
  }
  add(cases, "a goodbye, and a call behind it", Fate::cut, [](Attack& attack) {
    attack.caller.send(ByteBuf(9, 0));
    attack.caller.packet(json_type, 4, no_such);
  });
}

void add_numbers(Cases& cases) {
  for (const std::int32_t number : {0, -1, -2, least_number, greatest_number, least_number + 1}) {
    for (const unsigned flags : {0x02U, 0x0aU, 0x0eU, 0x06U}) {
      add(cases, fmt::format("request number {}, flags {:#x}", number, flags), Fate::kept,
          [=](Attack& attack) { attack.caller.packet(static_cast<std::uint8_t>(flags), number, no_such); });
    }
  }
  add(cases, "answers to 2,000 calls that nobody made", Fate::kept, [](Attack& attack) {
    ByteBuf many;
    for (std::int32_t n = 1; n <= 2000; ++n) {
      const auto one = raw_packet(json_type, 4, -n, "true");
      many.insert(many.end(), one.begin(), one.end());
    }
    attack.caller.send(many);
  });
  add(cases, "ends of 2,000 streams that nobody opened", Fate::kept, [](Attack& attack) {
    ByteBuf many;
    for (std::int32_t n = -1000; n <= 1000; ++n) {
      const auto one = raw_packet(stream_flag | end_flag | json_type, 4, n, "true");
      many.insert(many.end(), one.begin(), one.end());
    }
    attack.caller.send(many);
  });
  add(cases, "one request number for 500 calls", Fate::kept, [](Attack& attack) {
    for (int i = 0; i < 500; ++i) attack.caller.packet(stream_flag | json_type, 5, no_such);
  });
  add(cases, "1,500 calls of what does not exist, never ended", Fate::kept, [](Attack& attack) {
    ByteBuf many;
    for (std::int32_t n = 1; n <= 1500; ++n) {
      const auto one =
          raw_packet(stream_flag | json_type, static_cast<std::uint32_t>(no_such.size()), n, no_such);
      many.insert(many.end(), one.begin(), one.end());
    }
    attack.caller.send(many);
  });
  cases.push_back({"5,000 open streams", Depth::stranger, Fate::kept, [](Attack& attack) {
                     for (std::int32_t n = 1; n <= 5000; ++n)
                       if (!attack.caller.call("duplex", n, R"(["gossip","ping"])", "[{}]")) return;
                   }});
  cases.push_back(
      {"5,000 live streams of a feed, of a friend", Depth::followed, Fate::kept, [](Attack& attack) {
         const std::string args =
             fmt::format(R"([{{"id":"{}","live":true}}])", to_text(attack.world.victim.id()));
         for (std::int32_t n = 1; n <= 5000; ++n)
           if (!attack.caller.call("source", n, R"(["createHistoryStream"])", args)) return;
       }});
  cases.push_back(
      {"500 streams at the local socket", Depth::local_socket, Fate::kept, [](Attack& attack) {
         for (std::int32_t n = 1; n <= 500; ++n)
           if (!attack.caller.call("source", n, R"(["createLogStream"])", R"([{"live":true,"old":false}])"))
             return;
       }});
  cases.push_back({"streams opened and ended 3,000 times", Depth::stranger, Fate::kept, [](Attack& attack) {
                     for (std::int32_t n = 1; n <= 3000; ++n) {
                       attack.caller.call("duplex", n, R"(["gossip","ping"])", "[]");
                       attack.caller.packet(stream_flag | end_flag | json_type, n, "true");
                     }
                   }});
}

}  // namespace

Cases packet_cases() {
  Cases cases;
  add_heads(cases);
  add_numbers(cases);
  return cases;
}

}  // namespace ssblog::hostile
