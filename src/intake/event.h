// SPDX-License-Identifier: MIT
// intake/event.h - one record that came in by itself: of the kernel, the journal, a syslog sender, an application.
//
// Made by the parsers, packed by EventPacker. Plain values. Every text is a sender's word, of any bytes.
#pragma once

#include "feed/chunk_writer.h"
#include "intake/level.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ssblog {

struct Event {
  std::string stream;  ///< where it goes: `kernel`, `journal`, `syslog`, ...
  std::string sender;  ///< whose lines go on with one another: a host and a program; empty: unknown
  Millis time = 0;     ///< as the sender has it, or when it came
  TimeFrom from = TimeFrom::read;   ///< `line`: the sender said it
  std::optional<Level> level;       ///< nothing: it does not say
  std::string boot;                 ///< 8 lower-case hex digits; empty: unknown
  std::optional<std::uint64_t> up;  ///< ms since that boot
  std::string text;  ///< without a last newline; lines behind the first belong to the same record
};

/// Records that never came in, or could not be taken.
struct LostEvents {
  std::string stream;
  Millis time = 0;                       ///< when that was noticed
  std::optional<std::uint64_t> records;  ///< at least; nothing: nobody has counted
  std::string reason;                    ///< `kernel buffer overrun`, `no room`, ...
};

}  // namespace ssblog
