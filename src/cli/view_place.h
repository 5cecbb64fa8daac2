// SPDX-License-Identifier: MIT
// cli/view_place.h - where the view listens.
//
// Used by the settings and by `ssblog view`. Pure values.
#pragma once

#include "feed/result.h"

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct ViewPlace {
  std::string address = "127.0.0.1";
  int port = 3032;                    ///< 0: any that is free
  std::string socket;                 ///< not empty: there, and not at the address
  unsigned socket_mode = 0660;        ///< of the socket: who may read
  std::optional<gid_t> socket_group;  ///< none: that of the process
  std::vector<std::string> hosts;     ///< names by which it may be called, beside loopback's
  int most_count = 1000;              ///< rows of one answer
  std::chrono::milliseconds patience = std::chrono::minutes(15);  ///< that of [alerts], for the board
};

/// "127.0.0.1:3032", "[::1]:3032", "3032". Code::usage for something else.
Result<void> parse_listen(std::string_view text, ViewPlace& to);

}  // namespace ssblog
