// SPDX-License-Identifier: MIT
// sink/sink_settings.h - what a [[sink]] of config.toml says.
//
// Made by cli, used by Sink and by whoever shows how sinks stand. Plain values.
// Source: man/ssblog-config.5.
#pragma once

#include "assemble/format.h"
#include "assemble/selection.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ssblog {

/// When lines count as taken.
enum class SinkAck {
  read,   ///< the program has read them off its stdin
  reply,  ///< it has said how many it took, on its stdout
  exit,   ///< it was given them alone, and ended with 0
};

struct SinkSettings {
  std::string name;               ///< is_sink_name
  std::vector<std::string> exec;  ///< words; the first one is found on PATH
  FormatOptions format;
  Selection selection;
  SinkAck ack = SinkAck::read;
  bool from_beginning = false;             ///< a new one begins with all that the store holds
  bool skip_after_crash = false;           ///< what may have been taken is not given again
  std::uint64_t window = 256 * 1024;       ///< bytes that are given and not known to be taken, at most
  std::chrono::milliseconds gather{1000};  ///< SinkAck::exit: for so long lines wait for more
  std::vector<std::string> write;          ///< where the program may write, for the sandbox
};

inline constexpr std::size_t most_sinks = 32;
inline constexpr std::size_t longest_sink_name = 64;
inline constexpr std::uint64_t least_window = 4 * 1024, most_window = 16 * 1024 * 1024;

/// Small letters, digits, `-`, `_` and `.`: names stand in the store, in logs and on terminals.
bool is_sink_name(std::string_view name);

}  // namespace ssblog
