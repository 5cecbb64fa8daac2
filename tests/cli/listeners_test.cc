// SPDX-License-Identifier: MIT
// Whose programs listen at a port, of the tables of Linux.
#include "cli/listeners.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <sstream>

namespace ssblog {
namespace {

/// As the kernel writes it: words of 32 bits as they are in memory.
std::string hex_of(const std::string& address) {
  std::array<std::uint32_t, 4> words{};
  const bool is_v4 = address.find(':') == std::string::npos;
  REQUIRE(::inet_pton(is_v4 ? AF_INET : AF_INET6, address.c_str(), words.data()) == 1);
  std::string hex;
  for (std::size_t i = 0; i < (is_v4 ? 1U : 4U); ++i) hex += fmt::format("{:08X}", words[i]);
  return hex;
}

std::string row(const std::string& address, int port, uid_t user, const std::string& state = "0A") {
  return fmt::format(
      "   0: {}:{:04X} {}:0000 {} 00000000:00000000 00:00000000 00000000  {:4}        0 1 1 0000000000000000 "
      "100 0 0 10 0\n",
      hex_of(address), port, hex_of(address), state, user);
}

std::optional<std::set<uid_t>> users(const std::string& tcp, const std::string& tcp6,
                                     const std::string& address) {
  std::istringstream first("  sl  local_address rem_address   st\n" + tcp),
      second("  sl  local_address remote_address st\n" + tcp6);
  return listening_users(first, second, address, 3032);
}

using Users = std::set<uid_t>;

TEST_CASE("who listens is told by the address, the port and the state") {
  const std::string table = row("127.0.0.1", 3032, 1000) + row("127.0.0.1", 3033, 7) +
                            row("127.0.0.2", 3032, 8) + row("127.0.0.1", 3032, 9, "01");
  CHECK(users(table, "", "127.0.0.1") == Users{1000});
  CHECK(users(table, "", "127.0.0.2") == Users{8});
  CHECK(users(table, "", "127.0.0.3") == Users{});
  CHECK(users("", row("::1", 3032, 1000), "::1") == Users{1000});
  CHECK(users("", row("::1", 3032, 1000), "127.0.0.1") == Users{});
  CHECK(!users(table, "", "localhost"));
}

TEST_CASE("who listens at all addresses gets what nobody gets who listens at that one") {
  CHECK(users(row("0.0.0.0", 3032, 5), "", "127.0.0.1") == Users{5});
  CHECK(users("", row("::", 3032, 6), "127.0.0.1") == Users{6});
  CHECK(users("", row("::", 3032, 6), "::1") == Users{6});
  CHECK(users(row("0.0.0.0", 3032, 5), "", "::1") == Users{});
  CHECK(users(row("0.0.0.0", 3032, 5), row("::", 3032, 6), "127.0.0.1") == Users{5, 6});
  CHECK(users(row("0.0.0.0", 3032, 5) + row("127.0.0.1", 3032, 1), row("::", 3032, 6), "127.0.0.1") ==
        Users{1});
  CHECK(users("", row("::ffff:127.0.0.1", 3032, 4), "127.0.0.1") == Users{4});
}

TEST_CASE("lines that are none are left out") {
  const std::string good = row("127.0.0.1", 3032, 1000);
  for (std::size_t end = 0; end < good.size() - 60; ++end) {
    CAPTURE(end);
    const auto found = users(good.substr(0, end) + "\n" + row("127.0.0.1", 3032, 3), "", "127.0.0.1");
    REQUIRE(found);
    CHECK(found->contains(3));
  }
  CHECK(users("   0: 0100007F:ZZZZ 0 0A 0 0 0 1\n   0: XY:0BD8 0 0A 0 0 0 1\n", "", "127.0.0.1") == Users{});
}

}  // namespace
}  // namespace ssblog
