// SPDX-License-Identifier: MIT
#include "intake/kmsg.h"

#include "feed/bytes.h"
#include "feed/crypto.h"
#include "feed/json.h"

#include <fmt/format.h>

#include <charconv>

namespace ssblog {
namespace {

/// A whole number up to `until`, which is taken off as well. Nothing: there is none.
std::optional<std::uint64_t> number_until(std::string_view& text, char until) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != until) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The kernel writes bytes that are no plain text, and the backslash, as `\xNN`.
std::string without_escapes(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 3 < text.size() && text[at + 1] == 'x') {
      const int high = hex_digit(text[at + 2]), low = hex_digit(text[at + 3]);
      if (high >= 0 && low >= 0) {
        bytes += static_cast<char>(high << 4 | low);
        at += 3;
        continue;
      }
    }
    bytes += text[at];
  }
  return bytes;
}

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Result<KernelRecord> parse_kernel_record(std::string_view record) {
  const Error wrong{Code::data, "a record of the kernel's log has no form that this program knows"};
  const auto semicolon = record.find(';');
  if (semicolon == std::string_view::npos) return wrong;
  std::string_view head = record.substr(0, semicolon);
  const std::string flags_end = std::string(head) + ',';  // the last field ends as the others do
  head = flags_end;
  const auto priority = number_until(head, ',');
  const auto sequence = priority ? number_until(head, ',') : std::nullopt;
  const auto microseconds = sequence ? number_until(head, ',') : std::nullopt;
  if (!microseconds || head.empty()) return wrong;
  KernelRecord read;
  read.level = static_cast<Level>(*priority & 7);  // the facility stands above
  read.sequence = *sequence;
  read.microseconds = *microseconds;
  read.fragment = head.front() == 'c' || head.front() == '+';
  std::string_view text = record.substr(semicolon + 1);
  read.text = without_escapes(text.substr(0, text.find('\n')));
  return read;
}

std::string KernelCursor::text() const {
  std::string text = fmt::format(R"({{"boot":{})", json_string(boot));
  if (sequence) text += fmt::format(R"(,"sequence":"{}")", *sequence);
  text += R"(,"crashes":")";
  for (const std::string& crash : crashes) text += crash;
  return text += "\"}";
}

KernelCursor KernelCursor::parse(std::string_view text) {
  KernelCursor cursor;
  if (!is_object(text)) return cursor;
  const std::string boot = text_of(member(text, "boot")).value_or("");
  const std::string sequence = text_of(member(text, "sequence")).value_or("");
  const std::string crashes = text_of(member(text, "crashes")).value_or("");
  if (is_hex(boot, 32)) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(sequence.data(), sequence.data() + sequence.size(), number);
    cursor.boot = boot;
    if (error == std::errc() && end == sequence.data() + sequence.size()) cursor.sequence = number;
  }
  constexpr std::size_t mark = 16;
  for (std::size_t at = 0; at + mark <= crashes.size() && cursor.crashes.size() < most_crashes; at += mark) {
    if (is_hex(crashes.substr(at, mark), mark)) cursor.crashes.push_back(crashes.substr(at, mark));
  }
  return cursor;
}

std::string crash_mark(std::string_view name, Millis modified, std::string_view bytes) {
  const std::string facts = fmt::format("{}\n{}\n", name, modified).append(bytes);
  return to_hex(sha256(as_bytes(facts))).substr(0, 16);
}

KernelLog::KernelLog(std::string boot, KernelCursor cursor)
    : boot_(std::move(boot)), cursor_(std::move(cursor)) {}

Result<std::optional<KernelLog::New>> KernelLog::take(std::string_view text) {
  auto record = parse_kernel_record(text);
  if (!record) return record.error();
  std::uint64_t lost = 0;
  if (cursor_.boot == boot_ && cursor_.sequence) {
    if (record->sequence <= *cursor_.sequence) return std::optional<New>();
    lost = record->sequence - *cursor_.sequence - 1;
  } else if (!cursor_.boot.empty()) {
    lost = record->sequence;  // of a boot that was not met before, the first record is number 0
  }
  // What a kernel had forgotten before anybody asked is not lost.
  cursor_.boot = boot_;
  cursor_.sequence = record->sequence;
  return std::optional<New>(New{std::move(*record), lost});
}

}  // namespace ssblog
