// SPDX-License-Identifier: MIT
// intake/event_packer.h - packs a batch of events into contents of `log` and `loss` messages, to be signed together.
//
// Used by EventCommit. The stream instances go on where the feed has them, so nothing is kept from one batch to the next.
// Lines of a stream come out in their order; of two streams those of the same ms may be shown in either. Pure, one thread.
#pragma once

#include "feed/result.h"
#include "intake/event.h"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ssblog {

/// What all messages of a source say.
struct EventHead {
  std::string source, job, destination;  ///< left out when empty
  std::string run;                       ///< 16 lower-case hex digits, of all its streams
};

using EventOrLoss = std::variant<Event, LostEvents>;

struct PackedEvents {
  std::vector<std::string> contents;  ///< canonical compact, in order
  std::map<std::string, std::uint64_t>
      begins;  ///< for each stream how many bytes of its instance there were before
};

/// Longest name of a stream, in bytes; what is longer is cut, as a sender may have chosen it.
inline constexpr std::size_t longest_stream_name = 256;

/// How a stream is called in the feed: valid UTF-8 of at most that length.
std::string stream_name(std::string_view from_sender);

/// `covered` gives the bytes of a stream's instance that the feed holds already. An event's text may be of any bytes; a
/// newline at its end is left out, and lines behind the first join its record.
/// @return Code::data when the head leaves too little room for lines, or an error of `covered`.
Result<PackedEvents> pack_events(
    const EventHead& head, std::span<const EventOrLoss> batch,
    const std::function<Result<std::uint64_t>(const std::string& stream)>& covered, Millis now);

}  // namespace ssblog
