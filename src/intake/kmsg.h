// SPDX-License-Identifier: MIT
// intake/kmsg.h - a record of /dev/kmsg, read; and which of them are new.
//
// Used by KernelReceiver. The records are of the kernel and of whoever may write there: any bytes may come. Pure, any
// thread. Source: Linux, Documentation/ABI/testing/dev-kmsg.
#pragma once

#include "feed/result.h"
#include "intake/event.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// One record: `6,339,5140900,-;NET: Registered protocol family 10`.
struct KernelRecord {
  Level level = info_level;
  std::uint64_t sequence = 0;
  std::uint64_t microseconds = 0;  ///< since the boot, suspended time not counted
  bool fragment = false;           ///< of a line; which one it goes on with, the device does not say for sure
  std::string text;  ///< its escapes (`\x0a`) undone; without the `KEY=value` lines that follow it
};

/// Code::data for what is no record.
Result<KernelRecord> parse_kernel_record(std::string_view record);

/// How far the kernel's log was read, kept with the events.
struct KernelCursor {
  static constexpr std::size_t most_crashes = 64;
  std::string boot;  ///< 32 lower-case hex digits; empty: nothing was read yet
  std::optional<std::uint64_t> sequence;
  std::vector<std::string> crashes;  ///< crash logs that lie there and were read, as `crash_mark` names them

  std::string text() const;
  /// What is no cursor is an empty one.
  static KernelCursor parse(std::string_view text);
};

/// By which a crash log is known again: of its name, its time and its bytes.
std::string crash_mark(std::string_view name, Millis modified, std::string_view bytes);

/// Which records are new, and how many are missing. One for each opening of the device.
class KernelLog {
 public:
  struct New {
    KernelRecord record;
    std::uint64_t lost = 0;  ///< records that were overwritten before it
  };

  /// `boot` is the one that runs now, as in the cursor.
  KernelLog(std::string boot, KernelCursor cursor);

  /// Takes a record as it was read. Nothing: it came before.
  Result<std::optional<New>> take(std::string_view record);

  /// Behind the last one that was taken.
  const KernelCursor& cursor() const { return cursor_; }
  KernelCursor& cursor() { return cursor_; }

 private:
  const std::string boot_;
  KernelCursor cursor_;
};

}  // namespace ssblog
