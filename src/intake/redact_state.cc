// SPDX-License-Identifier: MIT
#include "intake/redact_state.h"

#include "feed/bytes.h"
#include "intake/key_lines.h"
#include "intake/redactor.h"

#include <fmt/format.h>

#include <charconv>

namespace ssblog {

std::string format_redact_state(const RedactState& state) {
  if (state.unknown) return "?";
  if (state.is_clear()) return "";
  return fmt::format("{} {} {} {} {} {}", static_cast<int>(state.block), state.short_lines, state.column,
                     state.in_secret ? 1 : 0, static_cast<unsigned>(static_cast<unsigned char>(state.before)),
                     to_hex(as_bytes(state.open)));
}

std::optional<RedactState> parse_redact_state(std::string_view text) {
  RedactState state;
  if (text.empty()) return state;
  state.unknown = text == "?";
  if (state.unknown) return state;
  constexpr unsigned most[] = {2, most_short_lines, Redactor::longest_secret, 1, 255};
  constexpr std::size_t count = std::size(most);
  unsigned fields[count] = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto [behind, error] = std::from_chars(at, end, fields[i]);
    if (error != std::errc() || fields[i] > most[i] || behind == end || *behind != ' ') return std::nullopt;
    at = behind + 1;
  }
  const std::string_view open(at, static_cast<std::size_t>(end - at));
  if (open.size() > 2 * Redactor::most_held) return std::nullopt;
  auto bytes = from_hex(open);
  if (!bytes) return std::nullopt;
  state.open = as_text(*bytes);
  state.block = static_cast<RedactState::Block>(fields[0]);
  state.short_lines = static_cast<std::uint8_t>(fields[1]);
  state.column = static_cast<std::uint16_t>(fields[2]);
  state.in_secret = fields[3] != 0;
  state.before = static_cast<char>(fields[4]);
  return state;
}

}  // namespace ssblog
