// SPDX-License-Identifier: MIT
// sink/cursor.h - how far a sink was given the feeds, and where it goes on when a feed is not what it was.
//
// Used by CursorBook and PortionReader. Pure.
//
// A cursor says for each feed up to which message its lines were taken, with that message's key. A feed may be cut back
// and grow again: after damage, after `forget`, with the other branch of a fork. The key tells whether what stands there now
// is what was given; as long as it is, or may become it again, nothing is given twice.
#pragma once

#include "feed/message.h"

#include <map>
#include <optional>

namespace ssblog {

struct FeedMark {
  Seq sequence = 0;
  MessageKey key;  ///< of that message; zeros: `sequence` is 0
  bool operator==(const FeedMark&) const = default;
};

/// A feed that is not there was given nothing of.
using SinkCursor = std::map<FeedId, FeedMark>;

/// The feed as the store has it.
struct FeedFacts {
  Seq tip = 0;  ///< 0: no message of it is held
  /// Key of the message that has the mark's sequence; none: it is not held.
  std::optional<MessageKey> at_mark = std::nullopt;
  Seq fork = 0;                  ///< where two messages of its author are known; 0: nowhere
  bool on_other_branch = false;  ///< the message held at `fork` is the one that came later
};

struct Resumption {
  enum class Kind {
    goes_on,     ///< behind `behind`
    waits,       ///< what was given is coming back, as it seems: nothing new is to be told from it
    parted,      ///< it is another branch from behind `behind` on, which was not given yet
    lost_track,  ///< it is another branch, nobody knows from where on: it goes on behind `behind`
  };
  Kind kind = Kind::goes_on;
  Seq behind = 0;
  bool operator==(const Resumption&) const = default;
};

Resumption resume(const FeedMark& mark, const FeedFacts& facts);

}  // namespace ssblog
