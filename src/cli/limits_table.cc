// SPDX-License-Identifier: MIT
#include "cli/limits_table.h"

#include "cli/command.h"
#include "feed/json.h"
#include "feed/message.h"
#include "gossip/protocol/limits.h"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

namespace ssblog {
namespace {

struct Limit {
  std::string_view name;  ///< as in limits.h
  std::uint64_t value;
  std::string_view unit;
  std::string_view meaning;
};

constexpr std::uint64_t seconds(std::chrono::seconds time) {
  return static_cast<std::uint64_t>(time.count());
}

constexpr Limit limits[] = {
    {"max_connections", max_connections, "", "TCP connections of all kinds"},
    {"max_unauthenticated", max_unauthenticated, "", "whose handshake is not done"},
    {"max_connections_per_address", max_connections_per_address, "", "from one IP address"},
    {"max_strangers", max_strangers, "", "hosts whose feeds are not wanted"},
    {"max_connections_per_identity", max_connections_per_identity, "", "of one key"},
    {"max_follows_of_host", max_follows_of_host, "", "follows of another host that count"},
    {"max_guests", max_guests, "", "connections with the key of an invite"},
    {"max_guest_calls", max_guest_calls, "", "calls of one of them"},
    {"max_statements", max_statements, "", "statements about its old feed, of one connection"},
    {"max_guest_time", seconds(max_guest_time), "s", "until an invite must be used"},
    {"max_handshake_time", seconds(max_handshake_time), "s", "for a whole handshake"},
    {"max_unauthenticated_per_minute", max_unauthenticated_per_minute, "",
     "from one address; then it is not heard"},
    {"unauthenticated_silence", seconds(unauthenticated_silence), "s", "for so long"},
    {"ping_after", seconds(ping_after), "s", "of silence"},
    {"max_silence", seconds(max_silence), "s", "then the connection ends"},
    {"max_box_body", max_box_body, "bytes", "of a box; the protocol's own"},
    {"max_packet_bytes", max_packet_bytes, "bytes", "of a request or a message"},
    {"max_ebt_packet_bytes", max_ebt_packet_bytes, "bytes", "of an item on an EBT stream"},
    {"out_buffer_pause_bytes", out_buffer_pause_bytes, "bytes", "unsent; above it, nothing more is read"},
    {"max_out_buffer_bytes", max_out_buffer_bytes, "bytes", "unsent; above it, the connection ends"},
    {"max_message_bytes", max_message_bytes, "bytes", "of a received message"},
    {"max_message_units", max_message_units, "UTF-16 units", "of a message; the protocol's own"},
    {"max_json_depth", max_json_depth, "", "arrays and objects in each other"},
    {"max_json_keys", max_json_keys, "", "of all objects of a request"},
    {"max_note_keys", max_note_keys, "", "of notes; one a feed"},
    {"max_refused_feeds", max_refused_feeds, "", "unknown feeds of one peer that are answered"},
    {"max_open_streams", max_open_streams, "", "calls of one peer under way"},
    {"max_method_bytes", max_method_bytes, "bytes", "of the name of a method"},
    {"claim_patience", seconds(claim_patience), "s", "for a claimed message; then another peer is asked"},
    {"max_invalid_messages", max_invalid_messages, "", "of one peer; then it is cut"},
    {"cut_penalty", seconds(cut_penalty), "s", "at first, doubled each time"},
    {"max_cut_penalty", seconds(max_cut_penalty), "s", "and no more than this"},
    {"max_lan_text_bytes", max_lan_text_bytes, "bytes", "of an announced address"},
    {"max_lan_packets_per_second", max_lan_packets_per_second, "", "announcements parsed, from all"},
    {"max_lan_packets_per_source", max_lan_packets_per_source, "",
     "announcements parsed in a second, from one address"},
    {"max_candidates", max_candidates, "", "addresses remembered"},
    {"max_dials", max_dials, "", "under way at once"},
    {"max_own_key_dials", max_own_key_dials, "", "a minute, of addresses announced for our own key"},
    {"max_local_clients", max_local_clients, "", "programs on each local socket"},
    {"max_local_keys", max_local_keys, "", "of a request there"},
    {"max_local_publishes", max_local_publishes, "", "of one program under way"},
};

}  // namespace

void print_limits(bool json) {
  if (!json) {
    for (const Limit& limit : limits)
      print(fmt::format("{:<31} {:>8} {:<12}  {}\n", limit.name, limit.value, limit.unit, limit.meaning));
    return;
  }
  std::string list;
  for (const Limit& limit : limits)
    list += fmt::format(R"({}"{}":{{"value":{},"unit":{}}})", list.empty() ? "" : ",", limit.name,
                        limit.value, json_string(limit.unit));
  print(fmt::format("{{{}}}\n", list));
}

}  // namespace ssblog
