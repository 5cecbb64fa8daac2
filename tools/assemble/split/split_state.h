// SPDX-License-Identifier: MIT
// assemble/split/split_state.h - what is known of a directory of merged files: how far it is.
//
// Lies in the directory as `.ssblog-split`; both functions get what comes before the dash. Written when all files are whole
// and durable: whatever was killed when, the next run goes on from there, and each file knows itself how much of it is
// right (merged_state.h). A file's name is in a list (file_names.h) before the file is made, so that a rebuild removes what
// it made, and nothing else. Pure but for load and save.
#pragma once

#include "assemble/news.h"
#include "feed/result.h"

#include <optional>
#include <string>

namespace ssblog {

struct SplitState {
  std::string store;             ///< id of the store, hex
  std::string wanted;            ///< which lines, and how they are written where
  FeedTips feeds;                ///< the messages whose lines are in the files
  std::optional<FeedTips> pass;  ///< files that only grow: those up to which lines are being added
};

/// Nothing when there is no state, or none that can be read: then all is made anew.
std::optional<SplitState> load_split_state(const std::string& place);
Result<void> save_split_state(const std::string& place, const SplitState& state);

/// Why the files of `state` cannot be gone on with by a run that has this store and wants that ("they were made with
/// other options"); empty: they can. `feeds` are those of the store.
Result<std::string> why_not_gone_on(Store& store, const std::vector<FeedRow>& feeds,
                                    const std::optional<SplitState>& state, const std::string& store_id,
                                    const std::string& wanted);

}  // namespace ssblog
