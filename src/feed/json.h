// SPDX-License-Identifier: MIT
// feed/json.h - the canonical JSON of SSB: parse, print, look inside, without building a tree.
//
// T(v) of the specification is ECMAScript's JSON.stringify(JSON.parse(text), null, 2). `canonical` makes
// it in one pass over the text. What it returns is always well-formed UTF-8 (a lone surrogate is printed
// as an escape), has no duplicate keys, and its numbers and strings have one spelling; so equal values are
// equal texts, and `Members`, `text_of` and their like may trust what they look at.
// Source: messages.md, "Exact text". Pure, no recursion, any thread.
#pragma once

#include "feed/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// Deepest nesting that is read. A message cannot be deeper than about 60 levels.
inline constexpr std::size_t json_max_depth = 200;

enum class Layout {
  indented,  ///< two blanks a level: the text that is signed and hashed
  compact,   ///< JSON.stringify(v): the text that is stored and sent
};

/// T(v), or the same value without white space. `text` is UTF-8; the three-byte form of a lone surrogate
/// (WTF-8) is taken for that surrogate inside strings.
/// @return Code::data, with the byte where it stopped, when the text is not strict RFC 8259 JSON or is
///         deeper than json_max_depth.
Result<std::string> canonical(std::string_view text, Layout layout);

/// As above into a buffer that is kept from call to call (cleared first).
Result<void> canonical(std::string_view text, Layout layout, std::string& out);

/// Length in UTF-16 code units of T(v) for a compact canonical text, with the whole value standing
/// `level` levels deep (its first line is not indented).
std::size_t indented_length(std::string_view compact, std::size_t level = 0);

/// Appends a text as a canonical JSON string with its quotes. `text` is well-formed UTF-8.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

/// Appends ECMAScript's form of a number; `null` for what is not finite. Source: messages.md, "Numbers".
void append_number(std::string& out, double value);

/// Walks the members of an object in canonical text, either layout, in their order.
///     for (Members m(object); m.next();) use(m.name(), m.value());
class Members {
 public:
  /// `object` begins with `{`; anything else has no members.
  explicit Members(std::string_view object);
  bool next();
  /// The key as it is spelled between its quotes (escapes and all).
  std::string_view name() const { return name_; }
  /// The value exactly as it stands there.
  std::string_view value() const { return value_; }

 private:
  std::string_view rest_;
  std::string_view name_;
  std::string_view value_;
};

/// Walks the items of an array in canonical text.
class Items {
 public:
  explicit Items(std::string_view array);
  bool next();
  std::string_view value() const { return value_; }

 private:
  std::string_view rest_;
  std::string_view value_;
};

/// The value of a member by its spelled name; empty when the object has none (no value is ever empty).
std::string_view member(std::string_view object, std::string_view name);

/// The text of a canonical JSON string, lone surrogates as U+FFFD; nothing when the value is no string.
std::optional<std::string> text_of(std::string_view value);

/// As text_of, into a buffer that is kept (cleared first). False when the value is no string.
bool text_of(std::string_view value, std::string& out);

/// The number of a canonical JSON number; nothing when the value is something else.
std::optional<double> number_of(std::string_view value);

/// The integer of a canonical JSON number in -(2^53-1)..2^53-1; nothing when it is no such integer.
std::optional<std::int64_t> integer_of(std::string_view value);

/// True when canonical text is an object.
inline bool is_object(std::string_view value) { return value.starts_with('{'); }

/// True when canonical text is a string.
inline bool is_string(std::string_view value) { return value.starts_with('"'); }

}  // namespace ssblog
