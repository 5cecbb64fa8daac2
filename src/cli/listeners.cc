// SPDX-License-Identifier: MIT
#include "cli/listeners.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

namespace ssblog {
namespace {

using Address = std::array<std::uint8_t, 16>;  // of IPv4: ::ffff:a.b.c.d

constexpr std::string_view listening = "0A";
constexpr Address any6{};
constexpr Address any4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};

struct Listener {
  Address address;
  uid_t user;
};

template <class Number>
std::optional<Number> number_of(std::string_view text, int base) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Words of 32 bits, each as this machine has them in memory.
std::optional<Address> address_of(std::string_view hex) {
  if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
  Address address = any4;
  std::size_t at = hex.size() == 8 ? 12 : 0;
  for (; !hex.empty(); hex.remove_prefix(8), at += 4) {
    const auto word = number_of<std::uint32_t>(hex.substr(0, 8), 16);
    if (!word) return std::nullopt;
    std::memcpy(address.data() + at, &*word, 4);
  }
  return address;
}

std::optional<Address> parse_address(const std::string& text) {
  Address address = any4;
  if (::inet_pton(AF_INET, text.c_str(), address.data() + 12) == 1) return address;
  if (::inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

/// "0: 0100007F:0BD8 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 12345 ...": the address and the port here,
/// those there, the state, the queues, the timer, retransmits, the user.
void add_listeners(std::istream& table, int port, std::vector<Listener>& to) {
  std::string line;
  std::getline(table, line);  // the heading
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string number, here, there, state, queues, timer, again, user;
    words >> number >> here >> there >> state >> queues >> timer >> again >> user;
    const auto colon = here.find(':');
    if (!words || state != listening || colon == std::string::npos) continue;
    const auto address = address_of(std::string_view(here).substr(0, colon));
    const auto its_port = number_of<std::uint16_t>(std::string_view(here).substr(colon + 1), 16);
    const auto its_user = number_of<uid_t>(user, 10);
    if (address && its_user && its_port == port) to.push_back({*address, *its_user});
  }
}

}  // namespace

std::optional<std::set<uid_t>> listening_users(std::istream& tcp, std::istream& tcp6,
                                               const std::string& address, int port) {
  const auto wanted = parse_address(address);
  if (!wanted) return std::nullopt;
  std::vector<Listener> listeners;
  add_listeners(tcp, port, listeners);
  add_listeners(tcp6, port, listeners);
  std::set<uid_t> here, anywhere;
  const bool is_v4 = std::memcmp(wanted->data(), any4.data(), 12) == 0;
  for (const Listener& one : listeners) {
    if (one.address == *wanted) here.insert(one.user);
    // IPv6's "all" has IPv4's, too, unless told.
    if (one.address == any6 || (is_v4 && one.address == any4)) anywhere.insert(one.user);
  }
  return here.empty() ? anywhere : here;
}

std::optional<std::set<uid_t>> listening_users(const std::string& address, int port) {
  std::ifstream tcp("/proc/self/net/tcp"), tcp6("/proc/self/net/tcp6");
  // A machine without IPv6 has no second one.
  if (!tcp) return std::nullopt;
  return listening_users(tcp, tcp6, address, port);
}

}  // namespace ssblog
