// SPDX-License-Identifier: MIT
// fuzz/address_fuzz.cc - what strangers call into the LAN, and the addresses and invites that people paste.
//
// The promises: what is read and written is read the same again; only a signed datagram of the network speaks.
#include "feed/utf.h"
#include "fuzz/input.h"
#include "gossip/protocol/address.h"
#include "gossip/protocol/invite.h"
#include "gossip/protocol/lan_ear.h"
#include "gossip/protocol/lan_packet.h"
#include "gossip/protocol/limits.h"

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

void read_addresses(std::string_view text) {
  const auto addresses = parse_addresses(text);
  for (Address address : addresses) {
    must(!address.host.empty() && address.port > 0, "an address names a host and a port");
    address.seed.reset();
    const auto again = parse_address(to_text(address));
    must(again && *again == address, "an address is read as it is written");
    const auto sent = parse_address(to_text_for_others(address));
    must(sent && sent->host == without_scope(address.host) && sent->key == address.key &&
             sent->port == address.port,
         "an address for others lacks its scope alone");
  }
  for (const std::size_t most : {0U, 100U, 512U}) {
    const std::string joined = join_addresses(addresses, most);
    must(joined.size() <= most, "joined addresses keep their limit");
    const auto again = parse_addresses(joined);
    must(again.size() <= addresses.size(), "joining makes no address");
    for (std::size_t i = 0; i < again.size(); ++i)
      must(again[i].key == addresses[i].key, "joining keeps the order");
  }
}

void read_invite(std::string_view text) {
  const auto invite = parse_invite(text);
  if (!invite) {
    must(!text.starts_with("net:") || text.size() < 60 || invite.error().text.find(text) == std::string::npos,
         "an invite is a secret, and no error repeats it");
    return;
  }
  must(!invite->addresses.empty() && invite->addresses.size() <= max_invite_addresses,
       "an invite has addresses");
  const auto again = parse_invite(format_invite(*invite));
  must(again && again->host() == invite->host() && again->network == invite->network &&
           std::ranges::equal(again->seed.view(), invite->seed.view()) &&
           again->addresses.size() == invite->addresses.size(),
       "an invite is read as it is written");
}

void check(const std::optional<LanPeer>& peer) {
  if (!peer) return;
  must(!peer->addresses.empty(), "who is heard can be dialled");
  for (const Address& address : peer->addresses)
    must(address.key == peer->key && without_scope(address.host) == address.host,
         "all addresses are of one key");
}

void hear(ByteView datagram, Input& choice) {
  static const KeyPair keys = keys_of(5);
  const NetworkKey network{};
  check(decode_plain_lan(datagram));
  check(decode_lan(datagram, network));
  LanEar ear(network);
  for (std::int64_t ms = 0; ms < 3; ++ms) {
    check(ear.take(datagram, "192.0.2.1", choice.coin(), LanEar::Time(ms)));
  }
  const std::string text = decode_utf8(datagram);
  if (text.size() > max_lan_text_bytes) return;
  const ByteBuf honest = encode_lan(text, keys, network);
  const auto heard = decode_lan(honest, network);
  check(heard);
  must(!heard || heard->key == keys.id(), "a datagram speaks for who signed it");
  ByteBuf changed = honest;
  damage(changed, choice);
  if (changed != honest) must(!decode_lan(changed, network), "a datagram that was changed says nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Input choice(input.bytes(12));
  const ByteView bytes = input.rest();
  read_addresses(as_text(bytes));
  read_invite(as_text(bytes));
  hear(bytes, choice);
  return 0;
}
