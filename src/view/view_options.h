// SPDX-License-Identifier: MIT
// view/view_options.h - what the program that serves the view is told, and the words in which some of it is said.
//
// Used by the server, by the program ssblog-view, and by who starts it. Pure values.
#pragma once

#include "feed/id.h"
#include "feed/result.h"

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct ViewOptions {
  static constexpr std::size_t largest_most_count = 100'000;
  static constexpr std::chrono::hours longest_patience{366 * 24};

  std::string home;  ///< its directory
  std::string store_path;
  FeedId own;
  std::string address = "127.0.0.1";
  int port = 3032;                    ///< 0: any that is free
  std::string socket_path;            ///< not empty: there, and not at the address
  unsigned socket_mode = 0660;        ///< of the socket
  std::optional<gid_t> socket_group;  ///< none: that of the process
  std::vector<std::string> hosts;     ///< names by which it may be called, beside loopback's
  std::size_t most_count = 1000;      ///< rows of one answer
  std::chrono::milliseconds patience =
      std::chrono::minutes(15);  ///< as the board has it, until a host counts as not seen
  bool held = false;             ///< it ends when its stdin does
  bool sandboxed = true;         ///< it gives up what it does not need
};

/// "http://127.0.0.1:3032/", or the path of the socket, if there is one. `port`: that it has in truth.
std::string view_text(const std::string& address, int port, const std::string& socket_path);

/// `stdin=held` and `sandbox=none`, where they are so.
std::vector<std::string> tie_words(bool held, bool sandboxed);

/// `mode=660` (octal) and `group=27` (its number), if there is one.
std::vector<std::string> socket_words(unsigned mode, std::optional<gid_t> group);

/// `count=5000` and `patience=900000` (ms): words that may stand among the names of hosts, which have no `=`.
std::vector<std::string> limit_words(std::size_t most_count, std::chrono::milliseconds patience);

/// Takes the name of a host, or a word as above. Code::usage for a number that is none, or out of its bounds.
Result<void> take_word(std::string_view word, ViewOptions& options);

}  // namespace ssblog
