// SPDX-License-Identifier: MIT
// assemble/raw.h - the exact bytes of a stream, as they once came in.
//
// Used by `assemble --raw`. The runs of a stream come one after another, each whole and by offset, in the
// order of the sequence of their first chunk. Source: design.md, sections 2 and 4.
#pragma once

#include "assemble/selection.h"
#include "feed/result.h"
#include "store/store.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// One (feed, job, stream) of a store.
struct RawStream {
  FeedRow feed;
  std::string job, stream;
};

/// The streams that a selection means; only its feeds, job and stream count.
Result<std::vector<RawStream>> raw_streams(Store& store, const Selection& selection);

/// Bytes that are missing in a run.
struct RawGap {
  std::string run;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// Hands on all bytes of a stream. @return the gaps.
Result<std::vector<RawGap>> write_raw(Store& store, const RawStream& stream,
                                      const std::function<Result<void>(std::string_view bytes)>& sink);

}  // namespace ssblog
