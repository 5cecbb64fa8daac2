// SPDX-License-Identifier: MIT
// gossip/protocol/invite.h - the line by which a new host joins, and the words of `invite.use`.
//
// Used by `invite create`, `join` and the guests of a daemon. Pure, any thread. Source: invites.md.
//
//     net:HOST:PORT~shs:KEY:SEED#network=NETWORK,at=HOST:PORT,at=HOST:PORT
//
// What stands before the `#` is SSB's multiserver invite, and SSB's readers leave the rest alone. Behind it stand, in any
// order, the network key and more addresses of the same host; names that we do not know are passed over.
#pragma once

#include "gossip/protocol/address.h"
#include "gossip/protocol/secret.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct Invite {
  std::vector<Address>
      addresses;    ///< of one host, the first to be tried first; at least one; their `seed` is empty
  Secret<32> seed;  ///< of the key pair with which the guest shakes hands
  std::optional<NetworkKey> network;

  const FeedId& host() const { return addresses.front().key; }
};

inline constexpr std::size_t max_invite_bytes = 4096;    ///< of a line
inline constexpr std::size_t max_invite_addresses = 16;  ///< what is beyond is left out

/// Our own form, or SSB's two: `HOST:PORT:@KEY.ed25519~SEED` and `net:HOST:PORT~shs:KEY:SEED`. White space around it and
/// one pair of quotes are cut off.
/// @return Code::data for anything else. The text of the error does not repeat the line: it is a secret.
Result<Invite> parse_invite(std::string_view text);

/// The line of an invite; scopes of addresses are left out.
std::string format_invite(const Invite& invite);

// What a guest hears instead of a message. The first is ssb-server's too, and means that all is well.
inline constexpr std::string_view already_following = "already following";
inline constexpr std::string_view try_later = "try again later";  ///< an answer that ends so is no refusal

}  // namespace ssblog
