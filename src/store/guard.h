// SPDX-License-Identifier: MIT
// store/guard.h - the guard: a record outside the home of how far our own feed was signed.
//
// Used by publish. A backup that is restored brings an old store back, but not an old guard; so the guard
// tells that the feed must not be signed on before the missing messages are back. Two slots are written in
// turn, so that a torn write leaves the one before. Source: design.md, section 5, "Held".
#pragma once

#include "feed/message.h"
#include "store/files.h"
#include "store/store.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace ssblog {

using MachineId = std::array<std::uint8_t, 32>;  ///< a hash of the machine's id; all 0 where it has none

/// The machine that we run on (/etc/machine-id, hashed so that it says nothing elsewhere). An error when it has an id that
/// cannot be read now: without one it would look like another machine.
Result<MachineId> this_machine();

struct GuardRecord {
  Seq sequence = 0;
  MessageKey key;
  StoreId store{};
  MachineId machine{};
  bool operator==(const GuardRecord&) const = default;
};

class Guard {
 public:
  struct Lock {
    File guard;
    File key;  ///< none: it is the home's alone
  };

  /// The guard of a feed in a directory; nothing is touched yet.
  Guard(std::string directory, const FeedId& feed);

  /// The key at this path is used by several homes, each perhaps with a guard of its own: it is locked with the guard.
  void lock_too(std::string key_path) { key_path_ = std::move(key_path); }

  /// The open guard, made if needed, and locked until it goes: two copies of one store have no other
  /// place to meet. Waits for its turn as writers of a store do.
  Result<Lock> lock() const;

  /// What it says; nothing when there is none. An error when it cannot be read, Code::data when it is damaged: then nobody
  /// knows.
  Result<std::optional<GuardRecord>> read() const;

  /// Writes a record, unless the guard is further on already and `backwards` is not allowed. The first one is durable.
  Result<void> write(const GuardRecord& record, bool backwards = false) const;
  /// The same under a lock that is held already.
  Result<void> write(const Lock& locked, const GuardRecord& record, bool backwards) const;

  const std::string& path() const { return path_; }

 private:
  std::string directory_;
  std::string path_;
  std::string key_path_;  ///< empty: the key is locked with the home
};

}  // namespace ssblog
