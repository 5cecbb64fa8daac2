// SPDX-License-Identifier: MIT
#include "assemble/escape.h"

#include "assemble/characters.h"

#include <algorithm>

namespace ssblog {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

void append_byte_escape(std::string& out, std::uint8_t byte) {
  if (byte == '\\') {
    out += "\\\\";
  } else if (byte == '\r') {
    out += "\\r";
  } else {
    const char text[] = {'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]};
    out.append(text, sizeof text);
  }
}

void append_unit_escape(std::string& out, std::uint32_t unit) {
  const char text[] = {'\\',
                       'u',
                       hex_digits[unit >> 12 & 15],
                       hex_digits[unit >> 8 & 15],
                       hex_digits[unit >> 4 & 15],
                       hex_digits[unit & 15]};
  out.append(text, sizeof text);
}

/// What does not stand as it is.
struct TextRule {
  static constexpr std::uint8_t is_special(std::uint8_t byte) {
    const auto control = static_cast<std::uint8_t>((byte < 0x20) & (byte != '\t'));
    return static_cast<std::uint8_t>(control | (byte > 0x7e) | (byte == '\\'));
  }
};

}  // namespace

void LineEscaper::add(ByteView piece, std::string& out) {
  const std::uint8_t* p = piece.data();
  const std::uint8_t* const end = p + piece.size();

  while (held_size_ > 0 && p < end) {
    held_[held_size_] = *p;
    const Utf8Sequence sequence = read_sequence(held_.data(), held_size_ + 1);
    if (sequence.cut_short) {
      ++held_size_;
      ++p;
    } else if (sequence.size > 0) {
      if (is_dangerous(sequence.character)) {
        append_unit_escape(out, sequence.character);
      } else {
        out.append(as_text({held_.data(), sequence.size}));
      }
      held_size_ = 0;
      ++p;
    } else {
      finish(out);  // the new byte is not part of it
    }
  }

  const std::uint8_t* run = p;  // from here on nothing was written yet
  auto write_run = [&] { out.append(as_text({run, p})); };
  while ((p = skip_plain<TextRule>(run, p, end)) < end) {
    if (*p < 0x80) {
      write_run();
      append_byte_escape(out, *p);
      run = ++p;
      continue;
    }
    const Utf8Sequence sequence = read_sequence(p, static_cast<std::size_t>(end - p));
    if (sequence.size > 0 && !is_dangerous(sequence.character)) {
      p += sequence.size;
      continue;
    }
    write_run();
    if (sequence.size > 0) {
      append_unit_escape(out, sequence.character);
      p += sequence.size;
    } else if (sequence.cut_short) {
      held_size_ = static_cast<std::size_t>(end - p);
      std::copy(p, end, held_.begin());
      return;
    } else {
      append_byte_escape(out, *p);
      ++p;
    }
    run = p;
  }
  write_run();
}

void LineEscaper::finish(std::string& out) {
  for (std::size_t i = 0; i < held_size_; ++i) append_byte_escape(out, held_[i]);
  held_size_ = 0;
}

void escape_line(ByteView line, std::string& out) {
  LineEscaper escaper;
  escaper.add(line, out);
  escaper.finish(out);
}

std::string quotable(std::string_view text) {
  constexpr std::size_t most = 80;
  std::string quoted(text.substr(0, most));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  std::replace_if(quoted.begin(), quoted.end(), is_control, '?');
  return text.size() > most ? quoted + "..." : quoted;
}

std::optional<ByteBuf> unescape_line(std::string_view text) {
  ByteBuf bytes;
  auto hex = [&text](std::size_t at, std::size_t digits) -> std::optional<std::uint32_t> {
    if (at + digits > text.size()) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text.substr(at, digits)) {
      if (c >= '0' && c <= '9') {
        value = value << 4 | static_cast<std::uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        value = value << 4 | static_cast<std::uint32_t>(c - 'a' + 10);
      } else {
        return std::nullopt;
      }
    }
    return value;
  };

  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      bytes.push_back(static_cast<std::uint8_t>(text[i++]));
      continue;
    }
    if (i + 1 == text.size()) return std::nullopt;
    if (text[i + 1] == '\\') {
      bytes.push_back('\\');
      i += 2;
    } else if (text[i + 1] == 'r') {
      bytes.push_back('\r');
      i += 2;
    } else if (text[i + 1] == 'x') {
      const auto byte = hex(i + 2, 2);
      if (!byte) return std::nullopt;
      bytes.push_back(static_cast<std::uint8_t>(*byte));
      i += 4;
    } else if (text[i + 1] == 'u') {
      const auto c = hex(i + 2, 4);
      if (!c || !is_dangerous(*c)) return std::nullopt;
      if (*c >= 0x800) {
        bytes.push_back(static_cast<std::uint8_t>(0xe0 | *c >> 12));
        bytes.push_back(static_cast<std::uint8_t>(0x80 | (*c >> 6 & 0x3f)));
      } else {
        bytes.push_back(static_cast<std::uint8_t>(0xc0 | *c >> 6));
      }
      bytes.push_back(static_cast<std::uint8_t>(0x80 | (*c & 0x3f)));
      i += 6;
    } else {
      return std::nullopt;
    }
  }

  // One line has one spelling; so this refuses every other (`\x41`, a raw control byte).
  std::string again;
  again.reserve(text.size());
  escape_line(bytes, again);
  if (again != text) return std::nullopt;
  return bytes;
}

std::string escape_name(std::string_view utf8) {
  std::string out;
  std::size_t cut = 0;  // the longest that leaves room for the `~`
  const ByteView bytes = as_bytes(utf8);
  for (std::size_t i = 0; i < bytes.size() && out.size() <= escaped_name_max;) {
    const std::uint8_t byte = bytes[i];
    char32_t c = byte;
    std::size_t size = 1;
    if (byte >= 0x80) {
      const Utf8Sequence sequence = read_sequence(&bytes[i], bytes.size() - i);
      c = sequence.size > 0 ? sequence.character : 0xfffd;
      size = std::max<std::size_t>(1, sequence.size);
    }
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '-' && c <= ':') || c == '_';
    if (plain) {
      out += static_cast<char>(c);
    } else if (c < 0x10000) {
      append_unit_escape(out, c);
    } else {
      append_unit_escape(out, 0xd7c0 + (c >> 10));
      if (out.size() < escaped_name_max) cut = out.size();
      append_unit_escape(out, 0xdc00 + (c & 0x3ff));
    }
    if (out.size() < escaped_name_max) cut = out.size();
    i += size;
  }
  if (out.size() > escaped_name_max) {
    out.resize(cut);
    out += '~';
  }
  return out;
}

}  // namespace ssblog
