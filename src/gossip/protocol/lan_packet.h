// SPDX-License-Identifier: MIT
// gossip/protocol/lan_packet.h - what hosts call into the LAN: "I am here, and this is my key".
//
// Used by discovery in gossip. Pure: one datagram in or out; any thread. Source: discovery.md.
//
// There are two voices: the encrypted one (ssb-lan, port 26830), signed by its key, and the plain old one (ssb-local,
// port 8008), which proves nothing. An address is a hint in either case, for an announcement can be replayed: the
// handshake proves the key. The own key is heard too: the owner knows it, and drops it or learns of a clone.
#pragma once

#include "feed/keys.h"
#include "gossip/protocol/address.h"
#include "gossip/protocol/limits.h"

#include <optional>
#include <string_view>
#include <vector>

namespace ssblog {

/// A host that was heard.
struct LanPeer {
  FeedId key;
  std::vector<Address> addresses;  ///< one at least, all of this key, without scopes
};

/// The encrypted datagram of an address text of at most max_lan_text_bytes (`join_addresses`).
ByteBuf encode_lan(std::string_view text, const KeyPair& own, const NetworkKey& network);

/// Nothing for what is too long, of another network, unsigned, signed by another key than it names, or without an
/// address that can be dialled.
std::optional<LanPeer> decode_lan(ByteView datagram, const NetworkKey& network);

/// The plain datagram is the address text itself. Nothing for what is too long or cannot be dialled.
std::optional<LanPeer> decode_plain_lan(ByteView datagram);

}  // namespace ssblog
