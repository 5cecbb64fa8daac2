// SPDX-License-Identifier: MIT
// gossip/protocol/limits.h - how much of anything a peer may cost: every limit of the network, in one place.
//
// Used by the protocol, by gossip, and by `status`, which shows them. The protocol itself names only the body of
// a box; the others are ours, chosen so that no peer that behaves ever meets one. "Above the limit" means: the
// limit itself is still good.
#pragma once

#include <chrono>
#include <cstddef>

namespace ssblog {

// Connections.
inline constexpr std::size_t max_connections = 256;             ///< of all kinds, over TCP
inline constexpr std::size_t max_unauthenticated = 64;          ///< whose handshake is not done
inline constexpr std::size_t max_connections_per_address = 16;  ///< from one IP address
inline constexpr std::size_t max_strangers = 64;                ///< hosts whose feeds we do not want
inline constexpr std::size_t max_connections_per_identity = 2;  ///< of one key: both sides may dial at once
inline constexpr std::size_t max_follows_of_host = 1000;        ///< of another host, that count
inline constexpr std::size_t max_guests = 16;                   ///< who came with the key of an invite
inline constexpr std::size_t max_guest_calls = 8;               ///< of one of them
inline constexpr std::size_t max_statements = 4;                ///< about its old feed, of one connection
inline constexpr std::chrono::seconds max_guest_time{60};       ///< until its invite is used, and it is gone
inline constexpr std::chrono::seconds max_handshake_time{8};    ///< in total, not for each read
inline constexpr std::size_t max_unauthenticated_per_minute = 30;  ///< from one address; then it is not heard
inline constexpr std::chrono::seconds unauthenticated_silence{60};  ///< for so long
inline constexpr std::chrono::seconds ping_after{30};               ///< of silence: is anybody there?
inline constexpr std::chrono::seconds max_silence{55};  ///< then nobody is; a vanished host is noticed in 60

// Bytes.
inline constexpr std::size_t max_box_body = 4096;                 ///< the protocol's own; its writers keep it
inline constexpr std::size_t max_packet_bytes = 64 * 1024;        ///< a muxrpc body: requests, messages
inline constexpr std::size_t max_ebt_packet_bytes = 1024 * 1024;  ///< a body on an EBT stream: notes are long
inline constexpr std::size_t out_buffer_pause_bytes =
    1024 * 1024;  ///< unsent: above it, nothing more is read
inline constexpr std::size_t max_out_buffer_bytes =
    8 * 1024 * 1024;  ///< unsent: above it, the connection ends

// What lies in the bytes.
inline constexpr std::size_t max_json_depth = 64;       ///< arrays and objects in each other
inline constexpr std::size_t max_json_keys = 256;       ///< of all objects of a body together
inline constexpr std::size_t max_note_keys = 20'000;    ///< the same for notes: one a feed
inline constexpr std::size_t max_refused_feeds = 1000;  ///< of one peer's notes, answered with -1
inline constexpr std::size_t max_open_streams = 128;    ///< calls of one peer under way
inline constexpr std::size_t max_method_bytes = 128;    ///< of a method's name, parts joined

// Replication.
inline constexpr std::chrono::seconds claim_patience{5};  ///< for a claimed message; then another is asked
inline constexpr std::size_t max_invalid_messages = 10;   ///< of one peer, then it is cut
inline constexpr std::chrono::minutes cut_penalty{10};    ///< at first, doubled each time
inline constexpr std::chrono::hours max_cut_penalty{24};  ///< and no more than this

// Discovery in the LAN.
inline constexpr std::size_t max_lan_text_bytes = 4096;         ///< of an announced address text
inline constexpr std::size_t max_lan_packets_per_second = 200;  ///< parsed, from all sources
inline constexpr std::size_t max_lan_packets_per_source = 20;   ///< parsed in a second, from one address
inline constexpr std::size_t max_candidates = 1024;             ///< addresses remembered
inline constexpr std::size_t max_dials = 8;                     ///< under way at once
inline constexpr std::size_t max_own_key_dials =
    16;  ///< a minute, of addresses announced for our own key; each once

// Clients on this machine.
inline constexpr std::size_t max_local_clients = 64;  ///< on each local socket
inline constexpr std::size_t max_local_keys = 8192;   ///< of a request there: no message has more
inline constexpr std::size_t max_local_publishes =
    100;  ///< of one client under way; then it is read from later
inline constexpr std::size_t max_http_connections = 32;  ///< of the view

}  // namespace ssblog
