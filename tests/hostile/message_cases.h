// SPDX-License-Identifier: MIT
// hostile/message_cases.h - messages that are none, in the place of a true one.
#pragma once

#include "hostile/honest.h"

#include <functional>
#include <string>
#include <vector>

namespace ssblog::hostile {

/// Stands in the place of message 3 of a feed, of which `feed` holds the true 1 to 3.
struct FalseMessage {
  std::string name;
  /// The items that the attacker sends in its place.
  std::function<std::string(const OwnFeed& feed)> make;
};

/// Each has the word FAKE in it, where there is room for a word. All can be made without the author's key, or have a form
/// that no message has: neither proves anything against the author, so the true one must be taken.
std::vector<FalseMessage> false_messages();

}  // namespace ssblog::hostile
