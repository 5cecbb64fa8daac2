// SPDX-License-Identifier: MIT
#include "intake/journal_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace ssblog {
namespace {

std::string* place_of(JournalEntry& entry, std::string_view name) {
  const std::pair<std::string_view, std::string*> places[] = {
      {"__CURSOR", &entry.cursor},
      {"__REALTIME_TIMESTAMP", &entry.realtime},
      {"__MONOTONIC_TIMESTAMP", &entry.monotonic},
      {"_BOOT_ID", &entry.boot},
      {"MESSAGE", &entry.message},
      {"PRIORITY", &entry.priority},
      {"SYSLOG_IDENTIFIER", &entry.identifier},
      {"_COMM", &entry.command},
      {"_PID", &entry.pid},
      {"_SYSTEMD_UNIT", &entry.unit},
  };
  for (const auto& [known, place] : places) {
    if (known == name) return place;
  }
  return nullptr;
}

/// Nothing for what is no whole number.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// 32 lower-case hex digits. A journal that came from another machine may say anything.
bool is_boot_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

/// A field that stands there more than once counts as it stood first.
void JournalExport::begin_value() {
  value_ = place_of(entry_, name_);
  if (value_ != nullptr && !value_->empty()) value_ = nullptr;
  any_ = true;
  name_.clear();
}

void JournalExport::keep(std::string_view bytes) {
  if (value_ == nullptr) return;
  const std::size_t room =
      std::min(longest_field - std::min(longest_field, value_->size()), longest_entry - kept_);
  const std::size_t taken = std::min(room, bytes.size());
  value_->append(bytes.substr(0, taken));
  kept_ += taken;
  entry_.cut += bytes.size() - taken;
}

Result<std::optional<JournalEntry>> JournalExport::next(ByteView& in) {
  while (!in.empty()) {
    const std::string_view text = as_text(in);
    std::size_t taken = 0;
    switch (part_) {
      case Part::name: {
        taken = std::min(text.find_first_of("=\n"), text.size());
        name_.append(text.substr(0, taken));
        if (name_.size() > longest_name)
          return Error{Code::data, "what came is no export of a journal: a field's name is too long"};
        if (taken == text.size()) break;
        const bool binary = text[taken++] == '\n';
        if (binary && name_.empty()) {
          in = in.subspan(taken);
          kept_ = 0;
          if (std::exchange(any_, false)) return std::optional(std::exchange(entry_, {}));
          continue;
        }
        begin_value();
        part_ = binary ? Part::length : Part::text;
        length_bytes_ = 0;
        break;
      }
      case Part::text: {
        taken = std::min(text.find('\n'), text.size());
        keep(text.substr(0, taken));
        if (taken < text.size()) {
          ++taken;
          part_ = Part::name;
        }
        break;
      }
      case Part::length: {
        length_[length_bytes_++] = in.front();
        taken = 1;
        if (length_bytes_ < length_.size()) break;
        left_ = 0;
        for (std::size_t i = length_.size(); i > 0; --i) left_ = left_ << 8 | length_[i - 1];
        part_ = left_ == 0 ? Part::newline : Part::binary;
        break;
      }
      case Part::binary: {
        taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, text.size()));
        keep(text.substr(0, taken));
        left_ -= taken;
        if (left_ == 0) part_ = Part::newline;
        break;
      }
      case Part::newline: {
        if (text.front() != '\n')
          return Error{Code::data, "what came is no export of a journal: a field does not end where it says"};
        taken = 1;
        part_ = Part::name;
        break;
      }
    }
    in = in.subspan(taken);
  }
  return std::optional<JournalEntry>();
}

Event event_of(const JournalEntry& entry, const std::string& stream, Millis now) {
  Event event;
  event.stream = entry.unit.empty() ? stream : stream + ':' + entry.unit;
  const auto realtime = whole_number(entry.realtime);
  const std::uint64_t milliseconds = realtime.value_or(0) / 1000;
  event.time = realtime ? clamp_time(static_cast<double>(milliseconds)) : now;
  event.from = realtime ? TimeFrom::line : TimeFrom::read;
  if (const auto priority = whole_number(entry.priority); priority && *priority <= 7)
    event.level = static_cast<Level>(*priority);
  if (is_boot_id(entry.boot)) event.boot = entry.boot.substr(0, 8);
  if (const auto monotonic = whole_number(entry.monotonic); monotonic && !event.boot.empty())
    event.up = *monotonic / 1000;
  const std::string& name = entry.identifier.empty() ? entry.command : entry.identifier;
  event.sender = name;
  if (!name.empty()) {
    event.text = name;
    if (!entry.pid.empty()) event.text.append("[").append(entry.pid).append("]");
    event.text += ": ";
  }
  event.text += entry.message;
  if (entry.cut > 0) event.text += fmt::format(" [... {} bytes more]", entry.cut);
  return event;
}

}  // namespace ssblog
