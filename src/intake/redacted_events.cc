// SPDX-License-Identifier: MIT
#include "intake/redacted_events.h"

#include <utility>
#include <variant>

namespace ssblog {

std::vector<EventOrLoss> redacted_events(const Redactor& redactor, std::vector<EventOrLoss> entries,
                                         EventStates& states) {
  for (EventOrLoss& entry : entries) {
    auto* const event = std::get_if<Event>(&entry);
    if (event == nullptr) continue;
    const auto known = states.find(event->stream);
    RedactState state = known == states.end() ? RedactState() : known->second;
    event->text += '\n';
    redactor.mask(event->text, event->text.size(), Behind::none, state);
    event->text.pop_back();
    // Nothing but a key goes over the end of a record.
    state.in_secret = false;
    state.before = '\n';
    state.open.clear();
    if (state.block == RedactState::Block::none) {
      if (known != states.end()) states.erase(known);
    } else if (known != states.end()) {
      known->second = std::move(state);
    } else if (states.size() < most_event_states) {
      states.emplace(event->stream, std::move(state));
    }
  }
  return entries;
}

}  // namespace ssblog
