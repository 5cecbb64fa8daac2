// SPDX-License-Identifier: MIT
// sink/portion_reader.h - the lines that a sink was not given yet, portion by portion, and its cursor in the store.
//
// Used by Sink, which moves it to a thread of its own for each call: a connection of its own, so that nobody waits for a
// disk on the loop. A portion has the lines of some messages, those that came first first, and in the one order among
// themselves.
#pragma once

#include "sink/cursor_book.h"
#include "sink/portion.h"
#include "sink/sink_settings.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ssblog {

/// How much a sink has not taken yet.
struct SinkLag {
  std::uint64_t messages = 0;
  Millis since = 0;  ///< when the first of them came here; 0: there is none
};

class PortionReader {
 public:
  /// A writer that has the store's turn is waited for so long.
  static Result<std::unique_ptr<PortionReader>> open(const std::string& store_path,
                                                     const SinkSettings& settings);

  /// The sink's cursor; a new sink begins, now or with all that is held, as its settings say.
  Result<SinkCursor> begin(Millis now);

  /// What follows is read from here on.
  void go_on_from(SinkCursor cursor) { given_ = std::move(cursor); }

  /// What is left of a portion that was begun; `given` was not called for it. Where its messages are not what they were it
  /// is the next portion instead; where they read otherwise, since a clock is known by now, all of it.
  Result<Portion> rest_of(const PortionRest& rest);

  /// The next portion, of about `most_bytes` at most, but for a single message with its long line. The same again until
  /// `given`.
  Result<Portion> next(std::uint64_t most_bytes);
  void given(const CursorSteps& steps);

  /// Durable when it returns. Code::busy when another process has the turn.
  Result<void> save(const CursorSteps& steps, Millis now);

 private:
  PortionReader(Store store, const SinkSettings& settings);
  struct Pending {
    FeedRow row;
    Seq behind = 0, last = 0;  ///< last: of what was planned
  };
  Result<std::vector<Pending>> pending(Portion& portion);
  Result<void> plan(std::vector<Pending>& feeds, std::size_t most_messages);
  Result<Seq> whole_lines(const Pending& feed);
  Result<bool> render(const std::vector<Pending>& feeds, std::uint64_t most_bytes, Portion& portion);
  Result<void> settle(const std::vector<Pending>& feeds, Portion& portion);

  Store store_;
  const std::string name_;
  const Selection selection_;
  const FormatOptions format_;
  const bool from_beginning_;
  SinkCursor given_;
  std::size_t messages_ = 64;  ///< of a portion; follows what fits
};

/// Of the feeds that the selection wants.
Result<SinkLag> lag_of(Store& store, const SinkCursor& cursor, const Selection& selection);

}  // namespace ssblog
