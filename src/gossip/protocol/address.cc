// SPDX-License-Identifier: MIT
#include "gossip/protocol/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ssblog {
namespace {

constexpr std::size_t max_host_bytes = 253;  // of a name in DNS
constexpr char escape = '!';                 // before one of ! ~ : ; in data

/// Cuts the text up to the next `separator` that is not escaped off its front.
std::string_view take_part(std::string_view& rest, char separator) {
  std::size_t at = 0;
  while (at < rest.size() && rest[at] != separator) at += rest[at] == escape ? 2 : 1;
  const auto part = rest.substr(0, at);
  rest.remove_prefix(std::min(rest.size(), at + 1));
  return part;
}

std::string unescaped(std::string_view data) {
  std::string plain;
  for (std::size_t at = 0; at < data.size(); ++at) {
    if (data[at] == escape && at + 1 < data.size()) ++at;
    plain += data[at];
  }
  return plain;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_';
}

bool is_ipv6(std::string_view host) {
  const auto scope = host.find('%');
  const auto address = host.substr(0, scope);
  if (address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
  if (scope == std::string_view::npos) return true;
  const auto name = host.substr(scope + 1);
  return !name.empty() && std::all_of(name.begin(), name.end(), is_word);
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > max_host_bytes) return false;
  if (host.find(':') != std::string_view::npos) return is_ipv6(host);
  return host[0] != '-' && host[0] != '.' && std::all_of(host.begin(), host.end(), is_word);
}

/// HOST:PORT. The host may hold colons: the port is behind the last one.
std::optional<Address> parse_place(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Address address;
  const auto port = text.substr(colon + 1);
  const auto [end, wrong] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (wrong != std::errc() || end != port.data() + port.size() || address.port == 0) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']') && host.find(':') != std::string_view::npos) {
    host = host.substr(1, host.size() - 2);
  }
  if (!is_host(host)) return std::nullopt;
  address.host = host;
  return address;
}

std::optional<Address> parse_legacy(std::string_view text) {
  const auto key_at = text.rfind(":@");
  if (key_at == std::string_view::npos) return std::nullopt;
  const auto key = parse_feed_id(text.substr(key_at + 1));
  auto address = parse_place(text.substr(0, key_at));
  if (!key || !address) return std::nullopt;
  address->key = *key;
  return address;
}

/// One part of a list.
std::optional<Address> parse_part(std::string_view text) {
  auto rest = text;
  const auto transport = take_part(rest, '~');
  if (transport.size() == text.size()) return parse_legacy(text);
  const auto transform = take_part(rest, '~');
  constexpr std::string_view net = "net:";
  constexpr std::string_view shs = "shs:";
  if (!rest.empty() || !transport.starts_with(net) || !transform.starts_with(shs)) return std::nullopt;

  auto address = parse_place(unescaped(transport.substr(net.size())));
  if (!address) return std::nullopt;
  auto seed_text = transform.substr(shs.size());
  const auto key_text = take_part(seed_text, ':');
  const auto key = from_base64(key_text);
  const auto id = key ? FeedId::from(*key) : std::nullopt;
  if (!id) return std::nullopt;
  address->key = *id;
  if (key_text.size() + shs.size() < transform.size()) {
    const auto seed = from_base64(seed_text);
    if (!seed || seed->size() != 32) return std::nullopt;
    std::copy(seed->begin(), seed->end(), address->seed.emplace().begin());
  }
  return address;
}

}  // namespace

std::string without_scope(std::string_view host) { return std::string(host.substr(0, host.find('%'))); }

std::vector<Address> parse_addresses(std::string_view text) {
  std::vector<Address> addresses;
  while (!text.empty()) {
    if (auto address = parse_part(take_part(text, ';'))) addresses.push_back(*std::move(address));
  }
  return addresses;
}

Result<Address> parse_address(std::string_view text) {
  auto addresses = parse_addresses(text);
  if (!addresses.empty()) return std::move(addresses.front());
  return Error{
      Code::data,
      fmt::format("\"{}\" is no address that can be dialled; one looks like net:HOST:8008~shs:KEY", text)};
}

std::string to_text(const Address& address) {
  std::string text =
      fmt::format("net:{}:{}~shs:{}", address.host, address.port, to_base64(address.key.view()));
  if (address.seed) text += ":" + to_base64(*address.seed);
  return text;
}

std::string to_text_for_others(const Address& address) {
  Address told = address;
  told.host = without_scope(told.host);
  return to_text(told);
}

std::string place_of(const Address& address) {
  return address.host.find(':') == std::string::npos ? fmt::format("{}:{}", address.host, address.port)
                                                     : fmt::format("[{}]:{}", address.host, address.port);
}

std::string join_addresses(std::span<const Address> addresses, std::size_t max_bytes) {
  std::string text;
  for (const auto& address : addresses) {
    const std::string more = (text.empty() ? "" : ";") + to_text_for_others(address);
    if (text.size() + more.size() > max_bytes) break;
    text += more;
  }
  return text;
}

}  // namespace ssblog
