// SPDX-License-Identifier: MIT
// gossip/protocol/address.h - where a peer can be dialled, as SSB writes it.
//
// Used by discovery, by gossip, and by commands that take an address. Pure, any thread. Source: identities.md,
// "Addresses (multiserver)".
#pragma once

#include "feed/id.h"
#include "feed/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// A peer behind TCP and the Secret Handshake. Nothing says that the host exists.
struct Address {
  std::string host;  ///< a name, or an IPv4 or IPv6 address without brackets; perhaps with its scope, `%eth0`
  std::uint16_t port = 0;                            ///< 1 and up
  FeedId key;                                        ///< who must answer there
  std::optional<std::array<std::uint8_t, 32>> seed;  ///< of the key pair to log in with, as invites have it

  bool operator==(const Address&) const = default;
};

/// All parts of a text that can be dialled, in its order: `net:HOST:PORT~shs:KEY`, joined by `;`, or the old
/// `HOST:PORT:@KEY.ed25519`. Parts of other transports (ws, onion, unix, tunnel) are passed over.
/// An IPv6 host stands without brackets; other implementations write them, so they are read too. Names of one word or
/// with an underscore, which ssb-ref refuses, are common in a LAN and are taken. Ports are 1 to 65535.
std::vector<Address> parse_addresses(std::string_view text);

/// The first of them, or Code::data.
Result<Address> parse_address(std::string_view text);

/// `net:HOST:PORT~shs:KEY`, the scope included: to be kept, compared and shown on this machine alone.
std::string to_text(const Address& address);

/// The same without its scope, which means nothing on another machine: what is sent, or given to people to pass on.
std::string to_text_for_others(const Address& address);

/// A host without its scope.
std::string without_scope(std::string_view host);

/// `HOST:PORT`, an IPv6 host in brackets: as SocketAddress shows it.
std::string place_of(const Address& address);

/// As many as `max_bytes` hold, from the first, without their scopes, joined by `;`.
std::string join_addresses(std::span<const Address> addresses, std::size_t max_bytes);

}  // namespace ssblog
