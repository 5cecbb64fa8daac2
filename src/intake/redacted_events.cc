// SPDX-License-Identifier: MIT
#include "intake/redacted_events.h"

#include "intake/key_lines.h"

#include <utility>
#include <variant>

namespace ssblog {

std::vector<EventOrLoss> redacted_events(const Redactor& redactor, std::vector<EventOrLoss> entries,
                                         EventStates& states) {
  for (EventOrLoss& entry : entries) {
    auto* const event = std::get_if<Event>(&entry);
    if (event == nullptr) continue;
    auto key = std::pair(event->stream, event->sender);
    const auto known = states.find(key);
    RedactState state = known == states.end() ? RedactState() : known->second.redact;
    event->text += '\n';
    redactor.mask(event->text, event->text.size(), Behind::none, state);
    event->text.pop_back();
    // Nothing but a key goes over the end of a record.
    state.in_secret = false;
    state.before = '\n';
    state.open.clear();
    if (state.block != RedactState::Block::none) {
      if (known != states.end()) {
        known->second = {std::move(state), 0};
      } else if (states.size() < most_event_states) {
        states.emplace(std::move(key), EventState{std::move(state), 0});
      }
    } else if (known != states.end() &&
               (is_key_end(event->text) || ++known->second.other_lines > most_other_lines)) {
      states.erase(known);
    }
  }
  return entries;
}

}  // namespace ssblog
