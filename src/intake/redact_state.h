// SPDX-License-Identifier: MIT
// intake/redact_state.h - what is remembered of bytes whose secrets were masked, for those that come behind them.
//
// Used by Redactor, and by what keeps a state: Position, RedactedStream, redacted_events. A plain value, and its text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

struct RedactState {
  enum class Block : std::uint8_t {
    none,
    begun,  ///< behind the BEGIN line of a private key
    body,   ///< ... and behind a line of it
  };
  Block block = Block::none;
  std::uint8_t short_lines = 0;  ///< of the key's lines, the last ones
  std::uint16_t column = 0;      ///< bytes before the key in its lines: a log's own words
  bool in_secret = false;        ///< one that is longer than the longest
  char before = '\n';            ///< the last byte, or the one before `open`
  std::string open;              ///< bytes that were given out unmasked, though a secret may begin with them
  bool unknown = false;          ///< nobody has looked at what stands before: see Redactor::catch_up

  /// At the beginning of a line, with nothing under way.
  bool is_clear() const { return *this == RedactState(); }
  bool operator==(const RedactState&) const = default;
};

/// A state as a short text, empty when it is clear, and back; nothing for a text that is none.
std::string format_redact_state(const RedactState& state);
std::optional<RedactState> parse_redact_state(std::string_view text);

}  // namespace ssblog
