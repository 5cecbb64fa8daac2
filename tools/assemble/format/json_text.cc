// SPDX-License-Identifier: MIT
#include "assemble/format/json_text.h"

#include "assemble/characters.h"
#include "feed/bytes.h"

#include <algorithm>

namespace ssblog {
namespace {

struct JsonRule {
  static constexpr std::uint8_t is_special(std::uint8_t byte) {
    return static_cast<std::uint8_t>((byte < 0x20) | (byte > 0x7e) | (byte == '\\') | (byte == '"'));
  }
};

void append_escape(std::string& out, char32_t c) {
  static constexpr char hex[] = "0123456789abcdef";
  // What has a short form, and its letter.
  static constexpr std::string_view known = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
  out += '\\';
  const auto at = c < 0x80 ? known.find(static_cast<char>(c)) : std::string_view::npos;
  if (at != std::string_view::npos) {
    out += letters[at];
  } else {
    const char text[] = {'u', hex[c >> 12 & 15], hex[c >> 8 & 15], hex[c >> 4 & 15], hex[c & 15]};
    out.append(text, sizeof text);
  }
}

void append_character(std::string& out, const std::uint8_t* p, const Utf8Sequence& sequence) {
  if (is_dangerous(sequence.character)) {
    append_escape(out, sequence.character);
  } else {
    out.append(as_text({p, sequence.size}));
  }
}

}  // namespace

bool JsonText::add(std::string_view piece, std::string& out) {
  const std::uint8_t* p = as_bytes(piece).data();
  const std::uint8_t* const end = p + piece.size();
  while (held_size_ > 0 && p < end) {
    held_[held_size_++] = *p++;
    const Utf8Sequence sequence = read_sequence(held_.data(), held_size_);
    if (sequence.cut_short) continue;
    if (sequence.size == 0) return false;
    append_character(out, held_.data(), sequence);
    held_size_ = 0;
  }
  const std::uint8_t* run = p;  // from here on nothing was written yet
  while ((p = skip_plain<JsonRule>(run, p, end)) < end) {
    if (*p < 0x80) {
      out.append(as_text({run, p}));
      append_escape(out, *p);
      run = ++p;
      continue;
    }
    const Utf8Sequence sequence = read_sequence(p, static_cast<std::size_t>(end - p));
    if (sequence.size > 0 && !is_dangerous(sequence.character)) {
      p += sequence.size;
      continue;
    }
    out.append(as_text({run, p}));
    if (sequence.cut_short) {
      held_size_ = static_cast<std::size_t>(end - p);
      std::copy(p, end, held_.begin());
      return true;
    }
    if (sequence.size == 0) return false;
    append_escape(out, sequence.character);
    p += sequence.size;
    run = p;
  }
  out.append(as_text({run, p}));
  return true;
}

bool JsonText::finish() {
  const bool whole = held_size_ == 0;
  held_size_ = 0;
  return whole;
}

bool append_json_text(std::string& out, std::string_view text) {
  JsonText writer;
  return writer.add(text, out) && writer.finish();
}

void append_json_member(std::string& out, std::string_view name, std::string_view text) {
  const std::size_t begin = out.size();
  if (!out.ends_with('{')) out += ',';
  ((out += '"') += name) += "\":\"";
  if (append_json_text(out, text)) {
    out += '"';
  } else {
    out.resize(begin);
  }
}

}  // namespace ssblog
