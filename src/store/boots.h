// SPDX-License-Identifier: MIT
// store/boots.h - when the boots of hosts began, and which messages were signed before the clock of their boot was set.
//
// A host without a battery for its clock begins each boot in 1970. Its kernel's lines say how long the boot was under way
// (`chunk.boot`, `chunk.up`); when the clock is set, later ones of the same boot tell when it began. Kept as messages come
// in, so that no reader has to look for it. One thread. Source: docs/format.md, "Clocks that were not set".
#pragma once

#include "feed/record.h"
#include "store/store.h"

#include <string_view>

namespace ssblog {

/// Used by Placer, inside its transaction, and by the migration of an older store.
class BootNotes {
 public:
  explicit BootNotes(Database& database);

  /// Notes what a message says of its boot, if it does. Messages of a feed come in the order of their sequence.
  Result<void> take(RowId row, const Record& record);

  /// The same for all messages of a store of schema 4 or older, whose bodies are not sealed yet.
  static Result<void> fill(Database& database);

 private:
  Statement boot_, unset_;
};

}  // namespace ssblog
