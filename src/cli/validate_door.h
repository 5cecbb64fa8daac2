// SPDX-License-Identifier: MIT
// cli/validate_door.h - one question of a conformance harness, and its answer.
//
// Used by `debug validate`. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ssblog {

/// Longest line that is looked at, in bytes.
inline constexpr std::size_t max_question = 1024 * 1024;

/// Answers {"state":..,"hmacKey":..,"message":..} with {"valid":..,"id":..,"error":..}, both without a line
/// end. `state` is null or {"id","sequence"}: the last accepted message of the feed. The order of the
/// message's keys counts. What is no question is answered as an invalid message.
std::string answer_validate(std::string_view question);

/// The answer to a line that is longer than max_question.
std::string refuse_long_question();

}  // namespace ssblog
