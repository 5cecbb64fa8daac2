// SPDX-License-Identifier: MIT
#include "gossip/protocol/lan_packet.h"

#include "feed/crypto_sodium.h"
#include "feed/json.h"
#include "gossip/protocol/bounded_json.h"

#include <algorithm>
#include <cassert>

namespace ssblog {
namespace {

constexpr std::size_t mac_bytes = crypto_secretbox_MACBYTES;
constexpr std::size_t signature_bytes = crypto_sign_BYTES;
constexpr std::string_view before_text = R"({"address":")";
constexpr std::string_view behind_text = R"("})";
constexpr std::size_t max_datagram_bytes =
    mac_bytes + before_text.size() + max_lan_text_bytes + behind_text.size() + signature_bytes;

/// The text that is signed: the same object, indented.
std::string signed_text(std::string_view object) {
  auto text = canonical(object, Layout::indented);
  assert(text);  // it was canonical before
  return *std::move(text);
}

std::optional<LanPeer> peer_of(std::string_view text) {
  if (text.size() > max_lan_text_bytes) return std::nullopt;
  LanPeer peer;
  peer.addresses = parse_addresses(text);
  if (peer.addresses.empty()) return std::nullopt;
  peer.key = peer.addresses.front().key;
  std::erase_if(peer.addresses, [&](const Address& address) { return address.key != peer.key; });
  // The sender's name of a link is none of ours.
  for (Address& address : peer.addresses) address.host = without_scope(address.host);
  return peer;
}

}  // namespace

ByteBuf encode_lan(std::string_view text, const KeyPair& own, const NetworkKey& network) {
  assert(text.size() <= max_lan_text_bytes);
  std::string object = R"({"address":)";
  append_json_string(object, text);
  object += '}';
  ByteBuf datagram(mac_bytes + object.size());
  // The nonce is always the same, the beginning of the key: so the protocol has it.
  must(crypto_secretbox_easy(datagram.data(), as_bytes(object).data(), object.size(), network.bytes.data(),
                             network.bytes.data()));
  const Signature signature = own.sign(as_bytes(signed_text(object)), nullptr);
  datagram.insert(datagram.end(), signature.begin(), signature.end());
  return datagram;
}

std::optional<LanPeer> decode_lan(ByteView datagram, const NetworkKey& network) {
  if (datagram.size() < mac_bytes + signature_bytes || datagram.size() > max_datagram_bytes)
    return std::nullopt;
  const ByteView box = datagram.first(datagram.size() - signature_bytes);
  ByteBuf object(box.size() - mac_bytes);
  if (crypto_secretbox_open_easy(object.data(), box.data(), box.size(), network.bytes.data(),
                                 network.bytes.data()) != 0) {
    return std::nullopt;
  }
  const auto json = read_json(object, max_json_keys);
  const auto text = json ? text_of(member(*json, "address")) : std::nullopt;
  auto peer = text ? peer_of(*text) : std::nullopt;
  if (!peer) return std::nullopt;
  Signature signature;
  const ByteView last = datagram.last(signature_bytes);
  std::copy(last.begin(), last.end(), signature.begin());
  if (!signature_holds(peer->key, as_bytes(signed_text(*json)), signature, nullptr)) return std::nullopt;
  return peer;
}

std::optional<LanPeer> decode_plain_lan(ByteView datagram) { return peer_of(as_text(datagram)); }

}  // namespace ssblog
