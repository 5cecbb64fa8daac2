// SPDX-License-Identifier: MIT
#include "cli/view_settings.h"

#include "view/gate.h"
#include "view/view_options.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace ssblog {
namespace {

constexpr std::size_t most_hosts = 32;

bool is_address(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

}  // namespace

Result<void> parse_listen(std::string_view text, ViewPlace& to) {
  const Error wrong{
      Code::usage,
      fmt::format("\"{}\" is no address with a port, as \"127.0.0.1:3032\" or \"[::1]:3032\"", text)};
  std::string address = to.address;
  std::string_view number = text;
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    address = text.substr(0, colon);
    number = text.substr(colon + 1);
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  }
  int port = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), port);
  const bool is_port =
      error == std::errc() && end == number.data() + number.size() && port >= 0 && port <= 65535;
  if (!is_port || !is_address(address)) return wrong;
  to.address = address;
  to.port = port;
  return {};
}

void read_view(ConfigReader& reader, const toml::table& table, ViewPlace& view) {
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    if (name == "listen") {
      const auto text = reader.text(node, "view.listen");
      if (!text) continue;
      if (auto read = parse_listen(*text, view); !read)
        reader.wrong(node, "view.listen: " + read.error().text);
    } else if (name == "socket") {
      view.socket = reader.text(node, "view.socket").value_or("/");
      if (!view.socket.starts_with('/')) reader.wrong(node, "view.socket must be an absolute path");
    } else if (name == "socket_mode") {
      view.socket_mode = reader.permissions(node, "view.socket_mode").value_or(view.socket_mode);
    } else if (name == "socket_group") {
      view.socket_group = reader.group(node, "view.socket_group");
    } else if (name == "hosts") {
      const auto names = reader.texts(node, "view.hosts");
      if (!names) continue;
      view.hosts = *names;
      if (names->size() > most_hosts)
        reader.wrong(node, fmt::format("view.hosts may have {} names at most", most_hosts));
      for (const std::string& host : *names) {
        if (!is_host(host))
          reader.wrong(
              node, fmt::format("view.hosts: \"{}\" is no name of a host, without a port; an address of IPv6 "
                                "stands in brackets",
                                host));
      }
    } else if (name == "max_count") {
      constexpr int most = ViewOptions::largest_most_count;
      view.most_count = reader.number(node, "view.max_count", 1, most).value_or(view.most_count);
    } else {
      reader.wrong(key.source(), fmt::format("unknown key \"view.{}\"", name));
    }
  }
  if (table.contains("listen") && table.contains("socket"))
    reader.wrong(table.source(), "view.listen and view.socket exclude each other: leave one of them out");
}

}  // namespace ssblog
