// SPDX-License-Identifier: MIT
// intake/journal_export.h - reads systemd's journal export format, as `journalctl -o export` writes it.
//
// Used by JournalReceiver. Eats bytes as they come. Only the fields that become an event are kept, each to a limit, so
// that memory is bounded whatever an entry holds. Pure, one thread.
// Source: systemd, JOURNAL_EXPORT_FORMATS.md, "Journal Export Format".
#pragma once

#include "feed/bytes.h"
#include "feed/result.h"
#include "intake/event.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// The fields of an entry that count here, as they stand there; empty: it has none, or an empty one.
struct JournalEntry {
  std::string cursor, realtime, monotonic, boot;  ///< __CURSOR, ... and _BOOT_ID
  std::string message, priority, identifier, command, pid, unit;
  std::uint64_t cut = 0;  ///< bytes of them beyond the limits, which were left out
};

class JournalExport {
 public:
  static constexpr std::size_t longest_field = 1024 * 1024;      // bytes of a value that are kept
  static constexpr std::size_t longest_entry = 4 * 1024 * 1024;  // of all values together
  static constexpr std::size_t longest_name = 256;               // of a field; systemd's limit is 64

  /// Takes what it needs off the front of `in`.
  /// @return an entry, nothing until more bytes come, or an error that ends the stream.
  Result<std::optional<JournalEntry>> next(ByteView& in);

 private:
  enum class Part { name, text, length, binary, newline };
  void begin_value();
  void keep(std::string_view bytes);

  Part part_ = Part::name;
  std::string name_;
  std::string* value_ = nullptr;  ///< in entry_; null: the field is skipped
  std::array<std::uint8_t, 8> length_{};
  std::size_t length_bytes_ = 0;
  std::uint64_t left_ = 0;  ///< of a binary value
  bool any_ = false;        ///< the entry has a field
  std::size_t kept_ = 0;    ///< bytes of its values
  JournalEntry entry_;
};

/// What an entry is in the feed. `stream`: of the source; behind it stands the unit, if there is one.
Event event_of(const JournalEntry& entry, const std::string& stream, Millis now);

}  // namespace ssblog
