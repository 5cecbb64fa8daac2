// SPDX-License-Identifier: MIT
// intake/redacted_events.h - a batch of events, with their secrets masked.
//
// Used by EventIntake. A private key comes as one event for each of its lines, so what is known of a stream is kept from
// batch to batch. Pure, one thread.
#pragma once

#include "intake/event_queue.h"
#include "intake/redactor.h"

#include <map>
#include <string>
#include <vector>

namespace ssblog {

/// The streams that are in the middle of a key.
using EventStates = std::map<std::string, RedactState>;

/// Of more streams than these nothing is remembered.
inline constexpr std::size_t most_event_states = 1024;

std::vector<EventOrLoss> redacted_events(const Redactor& redactor, std::vector<EventOrLoss> entries,
                                         EventStates& states);

}  // namespace ssblog
