// SPDX-License-Identifier: MIT
#include "intake/record_rules.h"

#include <algorithm>
#include <array>
#include <optional>

namespace ssblog {
namespace {

using namespace std::string_view_literals;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_sign(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

template <std::size_t N>
bool starts_with_any(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return text.starts_with(word); });
}

/// How many digits stand at `at`.
std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t n = 0;
  while (at + n < text.size() && is_digit(text[at + n])) ++n;
  return n;
}

/// "java.lang.IllegalStateException: why", "Exception in thread ..."
bool is_exception(std::string_view text) {
  if (text.starts_with("Exception in thread ") || text.starts_with("Unhandled exception. ")) return true;
  std::size_t end = 0;
  bool dotted = false;
  for (; end < text.size() && (is_word_sign(text[end]) || text[end] == '.'); ++end)
    dotted = dotted || text[end] == '.';
  if (!dotted || is_digit(text[0]) || (end < text.size() && text[end] != ':')) return false;
  const auto name = text.substr(0, end);
  return name.ends_with("Exception") || name.ends_with("Error") || name.ends_with("Throwable");
}

/// "==123==ERROR: AddressSanitizer"
bool is_sanitizer(std::string_view text, std::string_view word) {
  if (!text.starts_with("==")) return false;
  const auto digits = digits_at(text, 2);
  return digits > 0 && text.substr(2 + digits).starts_with(word);
}

/// "#3 /var/www/x.php(7): f()", "#0  0x00007f in poll ()"
bool is_frame(std::string_view text) {
  if (!text.starts_with('#')) return false;
  const auto digits = digits_at(text, 1);
  return digits > 0 && text.substr(1 + digits).starts_with(' ');
}

bool begins_go(std::string_view text) {
  constexpr std::array words = {"panic: "sv, "fatal error: "sv, "SIGQUIT: "sv, "SIGSEGV: "sv, "SIGABRT: "sv};
  if (starts_with_any(text, words)) return true;
  if (!text.starts_with("goroutine ")) return false;
  const auto digits = digits_at(text, 10);
  return digits > 0 && text.substr(10 + digits).starts_with(" [");
}

/// A line of a dump of goroutines that is not indented: main.f(0x1, ...), created by main.f, rax    0x0.
bool goes_on_go(std::string_view text) {
  constexpr std::array words = {"created by "sv, "[signal "sv,   "exit status "sv, "runtime stack:"sv,
                                "..."sv,         "[recovered"sv, "PC="sv};
  if (begins_go(text) || starts_with_any(text, words)) return true;
  if (text.ends_with(')')) {
    const auto open = text.find('(');
    return open != text.npos && open > 0 && text.find(' ') >= open;
  }
  const auto blank = text.find(' ');
  return blank < 8 &&
         text.substr(std::min(text.find_first_not_of(' ', blank), text.size())).starts_with("0x");
}

/// "thread 'main' panicked at src/main.rs:2:5:"; the message stands behind it, or on the next line.
std::optional<Trace> begins_rust(std::string_view text) {
  if (!text.starts_with("thread '") || text.find(" panicked at ") == text.npos) return std::nullopt;
  return text.ends_with(':') ? Trace::rust_message : Trace::rust;
}

/// What a first line lets us expect.
Trace begun_by(std::string_view text) {
  if (text.starts_with("Traceback (most recent call last):")) return Trace::python_frames;
  if (begins_go(text)) return Trace::go;
  if (const auto rust = begins_rust(text)) return *rust;
  if (is_sanitizer(text, "==ERROR: ")) return Trace::asan;
  if (text.starts_with("Stack trace:")) return Trace::php;
  return is_exception(text) ? Trace::java : Trace::none;
}

/// What a blank line is to a trace; nothing: it belongs to none.
std::optional<Trace> behind_blank(Trace trace) {
  switch (trace) {
    case Trace::python_end:
      return Trace::python_between;
    case Trace::python_link:
    case Trace::go:
    case Trace::asan:
      return trace;
    default:
      return std::nullopt;
  }
}

/// What a line that is not indented is to the record; nothing: it begins another.
std::optional<Trace> behind_text(const RecordState& record, std::string_view text, bool timed) {
  if (timed) return std::nullopt;
  constexpr std::array always = {"Caused by: "sv, "Suppressed: "sv, "--- End of "sv};
  constexpr std::array closers = {"}"sv, "]"sv, ")"sv, "})"sv, "};"sv, "},"sv};
  constexpr std::array chained = {"During handling of the above exception"sv,
                                  "The above exception was the direct"sv};
  constexpr std::array notes = {"note: "sv, "stack backtrace:"sv};
  constexpr std::array shadow = {"Shadow "sv, "=>0x"sv};
  const Trace trace = record.trace;
  if (starts_with_any(text, always)) return trace == Trace::none ? Trace::java : trace;
  if (text.starts_with("... ") && text.ends_with(" more")) return trace;
  if (record.lines > 1 && std::find(closers.begin(), closers.end(), text) != closers.end()) return trace;

  switch (trace) {
    case Trace::python_frames:
      return Trace::python_end;
    case Trace::python_between:
      if (starts_with_any(text, chained)) return Trace::python_link;
      break;
    case Trace::python_link:
      if (begun_by(text) == Trace::python_frames) return Trace::python_frames;
      break;
    case Trace::go:
      if (goes_on_go(text)) return trace;
      break;
    case Trace::rust_message:
      return Trace::rust;
    case Trace::rust:
      if (starts_with_any(text, notes)) return trace;
      break;
    case Trace::php:
      if (is_frame(text)) return trace;
      break;
    case Trace::asan:
      return text.starts_with("SUMMARY: ") ? Trace::asan_end : Trace::asan;
    case Trace::asan_end:
      if (starts_with_any(text, shadow) || is_sanitizer(text, "==")) return trace;
      break;
    case Trace::none:
    case Trace::java:
    case Trace::python_end:
      break;
  }
  if (text.starts_with("Stack trace:") || text.starts_with("#0 ")) return Trace::php;
  // A program that logs times: what it says without one is about the line before.
  const Trace begun = begun_by(text);
  if (begun != Trace::none && record.timed && record.lines == 1) return begun;
  return std::nullopt;
}

/// Counts the line in; a record that would be too long is ended before it.
bool count(RecordState& record, bool joins, std::size_t line_bytes, std::size_t most_bytes) {
  const bool fits = record.lines < most_record_lines && record.bytes + line_bytes <= most_bytes;
  if (joins && fits) {
    ++record.lines;
    record.bytes += line_bytes;
    return true;
  }
  record.lines = 1;
  record.bytes = line_bytes;
  return false;
}

}  // namespace

bool take_automatic(RecordState& record, std::string_view line, bool timed, std::size_t most_bytes) {
  const std::size_t line_bytes = line.size() + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
  const auto text = line.substr(indent);

  std::optional<Trace> joined;
  if (record.lines > 0) {
    if (text.empty())
      joined = behind_blank(record.trace);
    else if (indent > record.indent)
      joined = record.trace;
    else
      joined = behind_text(record, text, timed);
  }
  const bool joins = count(record, joined.has_value(), line_bytes, most_bytes);
  if (joined) {
    record.trace = *joined;
  } else {
    record.indent = indent;
    record.timed = timed;
    record.trace = begun_by(text);
  }
  return joins;
}

bool take_by_pattern(RecordState& record, std::string_view line, bool begins, std::size_t most_bytes) {
  return count(record, record.lines > 0 && !begins, line.size() + 1, most_bytes);
}

}  // namespace ssblog
