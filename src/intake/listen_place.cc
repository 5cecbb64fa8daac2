// SPDX-License-Identifier: MIT
#include "intake/listen_place.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <charconv>

namespace ssblog {

Result<ListenPlace> ListenPlace::parse(std::string_view text) {
  const auto wrong = [text](std::string_view why) {
    return Error{Code::config, fmt::format("\"{}\": {}", text, why)};
  };
  ListenPlace place;
  std::string_view rest = text;
  const auto take = [&rest](std::string_view word) {
    if (!rest.starts_with(word)) return false;
    rest.remove_prefix(word.size());
    return true;
  };
  if (take("unix:")) {
    place.kind = Kind::unix_socket;
    if (!rest.starts_with('/') || rest.find('\0') != std::string_view::npos)
      return wrong("the path of a socket is absolute, as in \"unix:/dev/log\"");
    if (rest.size() >= sizeof(sockaddr_un::sun_path))
      return wrong(
          fmt::format("the path of a socket may have {} bytes at most", sizeof(sockaddr_un::sun_path) - 1));
    place.path = rest;
    return place;
  }
  if (take("tcp:")) {
    place.kind = Kind::tcp;
  } else if (!take("udp:")) {
    return wrong("say where to listen as \"unix:/dev/log\", \"udp:127.0.0.1:514\" or \"tcp:601\"");
  }
  std::string host = "127.0.0.1";
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
    auto named = rest.substr(0, colon);
    if (named.starts_with('[') && named.ends_with(']')) named = named.substr(1, named.size() - 2);
    host = named;
    rest.remove_prefix(colon + 1);
  }
  std::uint16_t port = 0;
  const auto [end, why] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
  if (rest.empty() || why != std::errc() || end != rest.data() + rest.size())
    return wrong("the port is a number from 0 to 65535");
  auto address = SocketAddress::from(host, port);
  if (!address)
    return wrong(
        "the address is a numeric one of this machine, as in \"udp:127.0.0.1:514\" or \"tcp:[::1]:601\"");
  place.address = *address;
  return place;
}

}  // namespace ssblog
