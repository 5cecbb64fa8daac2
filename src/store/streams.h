// SPDX-License-Identifier: MIT
// store/streams.h - the byte streams of a feed, and the messages that they are made of.
//
// Used by tools/assemble to give back what was piped in. Borrows the store; one thread.
#pragma once

#include "feed/instance.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// A stream of a feed, over all its instances.
struct StreamName {
  std::string job, stream;
};

/// What a stream has, over all its instances.
struct StreamFacts {
  StreamName name;
  std::uint64_t runs = 0;
  std::uint64_t bytes = 0;     ///< of lines with `chunk`; others are not counted
  std::optional<Millis> last;  ///< t' of the last line that is known
};

/// One instance of a stream, and where its messages lie.
struct StreamRun {
  std::int64_t instance = 0;
  std::string name;  ///< `chunk.run`
  Seq first = 0, last = 0;
};

class Streams {
 public:
  enum class Kind : int {  ///< of the instances table
    chunks = 0,
    alone = 2,  ///< lines without `chunk`
  };

  explicit Streams(Store& store);

  /// Those of a feed that hold bytes, by job and stream.
  Result<std::vector<StreamName>> names(FeedNumber feed);

  /// These, and those of the job and loss records of runs, which have no stream; by job and stream.
  Result<std::vector<StreamName>> names_of_all(FeedNumber feed);

  /// Those that hold bytes, with what they have. Costs as much as the feed has instances.
  Result<std::vector<StreamFacts>> facts(FeedNumber feed);

  /// The instances of one, in the order of their first messages.
  Result<std::vector<StreamRun>> runs(FeedNumber feed, Kind kind, const StreamName& name);

  /// Calls `use` for each message of an instance from `first` to `last`.
  Result<void> for_each_message(FeedNumber feed, std::int64_t instance, Seq first, Seq last,
                                const std::function<Result<void>(RowId)>& use);

  /// Whether bytes were missing before some message of the instance when it came.
  Result<bool> had_gaps(FeedNumber feed, const StreamRun& run);

  /// The text of a message (empty when it is not held), and which of its bytes are new.
  Result<std::string> read(RowId row, Placement& placement);

 private:
  static Result<std::vector<StreamName>> names_of(Statement::Run run);
  Store& store_;
  Statement names_, all_names_, facts_, runs_, rows_, gaps_, shape_;
};

}  // namespace ssblog
