// SPDX-License-Identifier: MIT
// feed/json_order.h - the members of an object in ECMAScript's order.
//
// Used inside feed/ by json_canonical. Pure, any thread. Source: messages.md, "Key order", "Duplicate keys".
#pragma once

#include "feed/json_output.h"

#include <cstdint>
#include <optional>
#include <span>

namespace ssblog {

/// Where a member stands in the output.
struct JsonMember {
  std::size_t begin;      ///< of `"key": value`
  std::size_t name_size;  ///< with its quotes
};

/// The value of a key (spelled with its quotes) that is an array index; nothing for other keys.
std::optional<std::uint32_t> array_index(std::string_view quoted);

/// True when two members of one object have the same key.
bool has_duplicates(const Output& out, std::span<const JsonMember> members);

/// Writes the members of an object, which are the last thing in `out`, again: array indices by value, then
/// the other keys where they came first; of equal keys the last value. `separator` stands between them.
void put_in_order(Output& out, std::span<const JsonMember> members, std::string_view separator);

}  // namespace ssblog
