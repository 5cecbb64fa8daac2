// SPDX-License-Identifier: MIT
// assemble/merged_state.h - what is known of a merged text file: how far it goes, and where it can be cut.
//
// Used by merged_file. Lies beside the output as `.NAME.ssblog`, since readers of a store may not write to it.
// It always tells the truth of the file's bytes up to `end`, whatever was killed when: it is written after
// the bytes that it tells of, and before bytes are cut off. Pure but for load and save.
#pragma once

#include "assemble/line_position.h"
#include "feed/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// A place in the file where a line begins: every line before `next` stands before `offset`, none behind.
struct Checkpoint {
  std::uint64_t offset = 0;
  LinePosition next;
};

struct MergedState {
  std::string store;                    ///< id of the store, hex
  std::string selection;                ///< which lines, and how they are merged
  std::map<FeedId, FeedState> feeds;    ///< the messages whose lines are in the file
  Checkpoint end;                       ///< where the next line goes
  std::string tail;                     ///< hash of the last bytes before `end`
  std::string stamp;                    ///< of the file as it was left; empty: more was being written
  Millis begun = 0;                     ///< when the file was begun; kept where files are rotated by the day
  std::vector<Checkpoint> checkpoints;  ///< ascending; the first is the beginning of the file

  /// Remembers a place; of many, older ones are thinned out.
  void add_checkpoint(const Checkpoint& checkpoint);
  /// The last place at or before `position`, with everything behind it forgotten.
  Checkpoint cut_before(const LinePosition& position);
};

/// The name of the state of an output.
std::string state_path(const std::string& output);

/// Nothing when there is no state, or none that can be read: then the file is made anew.
std::optional<MergedState> load_state(const std::string& output);
Result<void> save_state(const std::string& output, const MergedState& state);

}  // namespace ssblog
