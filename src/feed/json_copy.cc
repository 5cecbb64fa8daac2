// SPDX-License-Identifier: MIT
#include "feed/json_copy.h"

#include "feed/json_escape.h"
#include "feed/utf.h"

#include <optional>

namespace ssblog {
namespace {

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

class StringCopy {
 public:
  StringCopy(Input& in, Output& out) : in_(in), out_(out) {}

  bool run() {
    out_.put('"');
    ++in_.at;
    for (;;) {
      plain_characters();
      if (in_.at == in_.end) return false;
      const char c = *in_.at;
      if (c == '"') {
        ++in_.at;
        out_.put('"');
        return true;
      }
      if (c == '\\') {
        if (!escape()) return false;
      } else if (is_ascii(c)) {
        return in_.fail("control character in a string");
      } else if (!foreign_characters()) {
        return false;
      }
    }
  }

 private:
  /// Copies what is ASCII and needs no escape.
  void plain_characters() {
    char* to = out_.room(in_.rest().size() + swar::width);  // so that whole words may be copied
    // Locals: what is written could be `in_` itself, for all that the compiler knows.
    const char* at = in_.at;
    const char* const end = in_.end;
    std::uint64_t marks = 0;
    while (marks == 0 && end - at >= static_cast<std::ptrdiff_t>(swar::width)) {
      marks = needs_escape_or_foreign(swar::load(at));
      std::memcpy(to, at, swar::width);
      const std::size_t plain = marks ? swar::first(marks) : swar::width;
      at += plain;
      to += plain;
    }
    while (marks == 0 && at != end && !is_escaped(*at) && is_ascii(*at)) *to++ = *at++;
    in_.at = at;
    out_.wrote(to);
  }

  /// Copies a run of bytes that are not ASCII. What is not UTF-8 may be a surrogate.
  bool foreign_characters() {
    const char* stop = in_.at;
    while (stop != in_.end && !is_ascii(*stop)) ++stop;
    while (in_.at < stop) {
      const std::string_view run(in_.at, static_cast<std::size_t>(stop - in_.at));
      const std::size_t length = utf8_prefix(as_bytes(run));
      out_.put(run.substr(0, length));
      in_.at += length;
      if (in_.at == stop) break;
      const auto unit = raw_surrogate();
      if (!unit) return in_.fail("malformed UTF-8");
      in_.at += 3;
      surrogate(*unit);
    }
    return true;
  }

  /// The surrogate whose three bytes stand next.
  std::optional<char32_t> raw_surrogate() const {
    const ByteView bytes = as_bytes(in_.rest());
    if (bytes.size() < 3 || bytes[0] != 0xed || bytes[1] < 0xa0 || bytes[1] > 0xbf || bytes[2] < 0x80 ||
        bytes[2] > 0xbf) {
      return std::nullopt;
    }
    return 0xd000U | (bytes[1] & 0x3fU) << 6 | (bytes[2] & 0x3fU);
  }

  bool escape() {
    if (const auto unit = unicode_escape(in_.rest())) {
      in_.at += 6;
      if (is_high_surrogate(*unit) || is_low_surrogate(*unit)) {
        surrogate(*unit);
      } else {
        character(*unit);
      }
      return true;
    }
    if (in_.rest().size() < 2) {
      in_.at = in_.end;
      return false;
    }
    const char c = unescaped(in_.at[1]);
    if (c == 0) return in_.fail("bad escape");
    in_.at += 2;
    character(static_cast<char32_t>(c));
    return true;
  }

  void character(char32_t code_point) {
    if (code_point < 0x80 && is_escaped(static_cast<char>(code_point))) {
      out_.put(escape_of(static_cast<char>(code_point)));
    } else {
      std::string spelled;
      append_utf8(spelled, code_point);
      out_.put(spelled);
    }
  }

  /// Writes a surrogate that has just been read: with its other half if that follows, else as an escape.
  void surrogate(char32_t unit) {
    if (is_high_surrogate(unit)) {
      const auto escaped = unicode_escape(in_.rest());
      const auto raw = raw_surrogate();
      const char32_t next = escaped.value_or(raw.value_or(0));
      if (is_low_surrogate(next)) {
        in_.at += escaped ? 6 : 3;
        character(0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00));
        return;
      }
    }
    constexpr const char* hex = "0123456789abcdef";
    const char spelled[] = {'\\', 'u', 'd', hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};
    out_.put({spelled, sizeof spelled});
  }

  Input& in_;
  Output& out_;
};

}  // namespace

bool copy_string(Input& in, Output& out) { return StringCopy(in, out).run(); }

}  // namespace ssblog
