// SPDX-License-Identifier: MIT
#include "gossip/protocol/invite.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::string_view network_name = "network=";
constexpr std::string_view address_name = "at=";
constexpr std::string_view blanks = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(blanks) - first + 1);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

Error no_invite(std::string_view why) {
  return {Code::data,
          fmt::format("this is no invite: {}; one looks like net:HOST:PORT~shs:KEY:SEED#network=KEY, as "
                      "`ssblog invite create` prints it",
                      why)};
}

/// `HOST:PORT:@KEY.ed25519~SEED`
std::optional<Address> parse_legacy(std::string_view text) {
  const auto tilde = text.rfind('~');
  if (tilde == std::string_view::npos || text.find(';') != std::string_view::npos) return std::nullopt;
  auto address = parse_address(text.substr(0, tilde));
  auto seed = from_base64(text.substr(tilde + 1));
  if (!address || !seed || seed->size() != 32) return std::nullopt;
  std::copy(seed->begin(), seed->end(), address->seed.emplace().begin());
  sodium_memzero(seed->data(), seed->size());
  return *std::move(address);
}

/// What stands before the `#`.
Result<Invite> parse_front(std::string_view text) {
  auto addresses = parse_addresses(text);
  if (auto legacy = parse_legacy(text)) addresses.push_back(*std::move(legacy));
  if (addresses.empty()) return no_invite("no host can be read in it");
  if (!addresses.front().seed) return no_invite("it is an address without a seed behind the key");
  Invite invite;
  const auto first = *addresses.front().seed;
  invite.seed = Secret<32>(first);
  for (Address& address : addresses) {
    // Of one invite: whoever else is named there has no part in it.
    const bool same = address.seed == first && address.key == addresses.front().key;
    if (address.seed) sodium_memzero(address.seed->data(), address.seed->size());
    address.seed.reset();
    if (same && invite.addresses.size() < max_invite_addresses) invite.addresses.push_back(address);
  }
  return invite;
}

Result<void> parse_item(std::string_view item, Invite& invite) {
  if (item.starts_with(network_name)) {
    const auto bytes = from_base64(item.substr(network_name.size()));
    const auto key = bytes ? NetworkKey::from(*bytes) : std::nullopt;
    if (!key || invite.network) return no_invite("its network key is not 32 bytes");
    invite.network = *key;
  } else if (item.starts_with(address_name)) {
    const auto place = item.substr(address_name.size());
    auto address = parse_address(fmt::format("net:{}~shs:{}", place, to_base64(invite.host().view())));
    if (!address || address->seed) return no_invite("one of its addresses cannot be read");
    const bool known =
        std::find(invite.addresses.begin(), invite.addresses.end(), *address) != invite.addresses.end();
    if (!known && invite.addresses.size() < max_invite_addresses)
      invite.addresses.push_back(*std::move(address));
  }
  return {};
}

}  // namespace

Result<Invite> parse_invite(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return no_invite("it is empty");
  if (text.size() > max_invite_bytes)
    return no_invite(fmt::format("it is longer than {} bytes", max_invite_bytes));
  if (text.find_first_of(blanks) != std::string_view::npos) return no_invite("there is white space in it");
  const auto hash = text.find('#');
  auto invite = parse_front(text.substr(0, hash));
  if (!invite || hash == std::string_view::npos) return invite;
  for (auto rest = text.substr(hash + 1); !rest.empty();) {
    const auto item = rest.substr(0, rest.find(','));
    if (auto parsed = parse_item(item, *invite); !parsed) return parsed.error();
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
  }
  return invite;
}

std::string format_invite(const Invite& invite) {
  std::string text = to_text_for_others(invite.addresses.front()) + ":" + to_base64(invite.seed.view());
  char before = '#';
  if (invite.network) {
    text += fmt::format("{}{}{}", before, network_name, to_base64(invite.network->view()));
    before = ',';
  }
  for (std::size_t i = 1; i < std::min(invite.addresses.size(), max_invite_addresses); ++i) {
    const Address& address = invite.addresses[i];
    text += fmt::format("{}{}{}:{}", before, address_name, address.host.substr(0, address.host.find('%')),
                        address.port);
    before = ',';
  }
  return text;
}

}  // namespace ssblog
