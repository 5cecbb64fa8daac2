// SPDX-License-Identifier: MIT
// store/run_book.h - the jobs of all feeds, and their runs.
//
// Used by the board. Borrows the store; one thread. Begin a ReadTransaction where the answers of several calls are to be of
// one state. All texts are claims of their feed; times are its own clock, ms since 1970.
#pragma once

#include "store/store.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// A job of a feed, from one source to one destination; each text may be empty.
struct JobOfFeed {
  FeedNumber feed = 0;
  std::string job, source, destination;
  bool operator==(const JobOfFeed&) const = default;
};

/// One run of it.
struct KnownRun {
  std::string name;                    ///< of its records and lines
  Seq first = 0;                       ///< its first message
  Millis seen = 0;                     ///< when that was
  std::optional<Millis> began, ended;  ///< as its records say; neither: it only has lines
  std::optional<std::int64_t> status, signal;
  std::optional<std::int64_t> duration, lines, errors;  ///< ms; counts
  std::string reason;
  Millis latest = 0;  ///< t' of its last record or line; of its first where it was left out

  /// When it began, as far as known.
  Millis start() const { return began.value_or(seen); }
  bool has_records() const { return began || ended; }
  /// It ended and says no trouble.
  bool is_good() const { return ended && status == 0; }
  bool is_bad() const { return ended && status != 0; }
};

class RunBook {
 public:
  explicit RunBook(Store& store);

  /// The jobs of a feed, by job, source and destination; `most` of them. `more` says whether there are others.
  Result<std::vector<JobOfFeed>> jobs(FeedNumber feed, std::size_t most, bool& more);

  /// When the last message of a run came is a question for each: who looks at many runs, often, leaves it out.
  enum class Latest { read, left_out };

  /// The last runs of a job, the newest first.
  Result<std::vector<KnownRun>> last_runs(const JobOfFeed& job, std::size_t most,
                                          Latest latest = Latest::read);

  /// The last run that ended well (or that did not).
  Result<std::optional<KnownRun>> last_ended(const JobOfFeed& job, bool good);

  /// Where the last bytes of a run's stream (`stderr`, `stdout`) lie; nothing where it wrote none.
  Result<std::optional<RowId>> last_of_stream(FeedNumber feed, const KnownRun& run, std::string_view stream);

 private:
  Result<KnownRun> read(const Statement::Run& row, FeedNumber feed, Latest latest = Latest::read);

  Statement jobs_, runs_, good_, bad_, latest_, stream_;
};

}  // namespace ssblog
