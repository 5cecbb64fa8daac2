// SPDX-License-Identifier: MIT
// intake/listen_place.h - where a source listens: `unix:/dev/log`, `udp:[ADDRESS:]PORT`, `tcp:[ADDRESS:]PORT`.
//
// Used by the receivers, and by cli to check config.toml. Pure, any thread.
#pragma once

#include "feed/result.h"
#include "loop/tcp.h"

#include <string>
#include <string_view>

namespace ssblog {

struct ListenPlace {
  enum class Kind { unix_socket, udp, tcp };
  Kind kind = Kind::udp;
  std::string path;       ///< unix_socket: absolute
  SocketAddress address;  ///< udp, tcp; without an address in the text 127.0.0.1, with port 0 any free one

  /// Code::config, with how to say it.
  static Result<ListenPlace> parse(std::string_view text);
};

}  // namespace ssblog
