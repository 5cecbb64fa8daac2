// SPDX-License-Identifier: MIT
#include "intake/networks.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace ssblog {
namespace {

constexpr unsigned all_bits = 128;
constexpr unsigned v4_bits_before = 96;  // ::ffff:0:0/96

/// 0 to 128 in digits; nothing: it is something else.
std::optional<unsigned> parse_length(std::string_view text) {
  if (text.empty() || text.size() > 3) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

}  // namespace

Networks::Bytes Networks::bytes_of(const SocketAddress& address) {
  Bytes bytes{};
  if (address.raw.ss_family == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(&address.raw)->sin6_addr, bytes.size());
  } else if (address.raw.ss_family == AF_INET) {
    bytes[10] = bytes[11] = 0xff;
    std::memcpy(bytes.data() + 12, &reinterpret_cast<const sockaddr_in*>(&address.raw)->sin_addr, 4);
  }
  return bytes;
}

bool Networks::same_bits(const Bytes& a, const Bytes& b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

Result<Networks> Networks::of(const std::vector<std::string>& texts) {
  static const std::vector<std::string> loopback = {"127.0.0.0/8", "::1"};
  if (texts.size() > most)
    return Error{Code::config, fmt::format("accept-from may name {} networks at most", most)};
  Networks networks;
  for (const std::string& text : texts.empty() ? loopback : texts) {
    const auto slash = text.find('/');
    const auto address = SocketAddress::from(text.substr(0, slash), 0);
    if (!address)
      return Error{
          Code::config,
          fmt::format("\"{}\" is no address and no network; say one as \"192.168.1.0/24\" or \"fd00::7\"",
                      text)};
    const unsigned before = address->raw.ss_family == AF_INET ? v4_bits_before : 0;
    Network network{bytes_of(*address), all_bits};
    if (slash != std::string::npos) {
      const auto length = parse_length(std::string_view(text).substr(slash + 1));
      if (!length || before + *length > all_bits)
        return Error{Code::config, fmt::format("\"{}\": behind the slash stands a number up to {}", text,
                                               all_bits - before)};
      network.bits = before + *length;
    }
    Bytes behind = network.bytes;
    for (unsigned bit = 0; bit < network.bits; ++bit)
      behind[bit / 8] = static_cast<std::uint8_t>(behind[bit / 8] & ~(0x80U >> (bit % 8)));
    if (behind != Bytes{})
      return Error{
          Code::config,
          fmt::format("\"{}\": the address has bits behind the length of the network; say the network "
                      "itself, or the address without a slash",
                      text)};
    networks.networks_.push_back(network);
  }
  return networks;
}

bool Networks::have(const SocketAddress& address) const {
  const Bytes bytes = bytes_of(address);
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& one) { return same_bits(bytes, one.bytes, one.bits); });
}

}  // namespace ssblog
