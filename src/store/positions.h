// SPDX-License-Identifier: MIT
// store/positions.h - how far sources were read, and what our own feed says of it.
//
// Used by the ways in that keep positions. A feed may be ahead of the positions: after a backup was restored, our own
// messages come back from peers, but not the positions. What they lack is found here. Borrows the store; one thread.
#pragma once

#include "store/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct PositionRow {
  std::string source, position;
};

/// The rows whose source begins with `prefix`, in order.
Result<std::vector<PositionRow>> read_positions(Store& store, std::string_view prefix);

/// The prefix of the rows of files; behind it stands the run.
inline constexpr std::string_view file_position_prefix = "file:";

/// Of the rows of sources of events; behind it stands the name of the source.
inline constexpr std::string_view event_position_prefix = "event:";
/// Of the rows that tell the runs of those; behind it stands the run.
inline constexpr std::string_view event_run_prefix = "event-run:";

/// True for the `chunk.run` of a file or of events that are, or were, read into our own feed.
Result<bool> is_source_run(Store& store, std::string_view run);

/// A stream instance of chunks, and where its messages lie.
struct InstanceRow {
  std::int64_t instance = 0;
  std::string stream, run;
  std::uint64_t high = 0;  ///< one behind the highest covered byte
  Seq first = 0, last = 0;
};

Result<std::optional<InstanceRow>> find_instance(Store& store, FeedNumber feed, std::string_view stream,
                                                 std::string_view run);

/// Those of a feed that have a message behind `behind`.
Result<std::vector<InstanceRow>> instances_behind(Store& store, FeedNumber feed, Seq behind);

/// What a `loss` record says.
struct LossRow {
  std::string stream, run, reason;
  std::uint64_t bytes = 0;  ///< 0: it does not say
};

/// Those of a feed behind `behind` that name a run, in order.
Result<std::vector<LossRow>> losses_behind(Store& store, FeedNumber feed, Seq behind);

}  // namespace ssblog
