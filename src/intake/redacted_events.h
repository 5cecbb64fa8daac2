// SPDX-License-Identifier: MIT
// intake/redacted_events.h - a batch of events, with their secrets masked.
//
// Used by EventIntake. A private key comes as one event for each of its lines, so what is known of a sender is kept from
// batch to batch. Lines of others may stand between those of the key. Pure, one thread.
#pragma once

#include "intake/event_queue.h"
#include "intake/redactor.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ssblog {

struct EventState {
  RedactState redact;
  unsigned other_lines = 0;  ///< events since the last line of the key that are none of it
};

/// The senders that are in the middle of a key, by stream and name.
using EventStates = std::map<std::pair<std::string, std::string>, EventState>;

/// So many events between two lines of a key do not end it: threads of one program write over one another.
inline constexpr unsigned most_other_lines = 64;
/// Of more senders than these nothing is remembered.
inline constexpr std::size_t most_event_states = 1024;

std::vector<EventOrLoss> redacted_events(const Redactor& redactor, std::vector<EventOrLoss> entries,
                                         EventStates& states);

}  // namespace ssblog
