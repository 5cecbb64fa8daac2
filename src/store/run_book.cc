// SPDX-License-Identifier: MIT
#include "store/run_book.h"

namespace ssblog {
namespace {

#define SSBLOG_RUN_COLUMNS                                                                                 \
  "SELECT name, first_sequence, seen, began, ended, status, signal, duration, lines, errors, reason FROM " \
  "runs "

}  // namespace

// Each step finds the next job behind the last one in the index, however many runs lie between.
RunBook::RunBook(Store& store)
    : jobs_(store.database(),
            "SELECT job, source, destination FROM runs WHERE feed = ?1 AND (job, source, destination) > (?2, "
            "?3, ?4) "
            "ORDER BY job, source, destination LIMIT 1"),
      runs_(store.database(), SSBLOG_RUN_COLUMNS
            "WHERE feed = ? AND job = ? AND source = ? AND destination = ? ORDER BY first_sequence DESC "
            "LIMIT ?"),
      good_(store.database(), SSBLOG_RUN_COLUMNS
            "WHERE feed = ? AND job = ? AND source = ? AND destination = ? AND ended IS NOT NULL AND status "
            "= 0 "
            "ORDER BY first_sequence DESC LIMIT 1"),
      bad_(store.database(), SSBLOG_RUN_COLUMNS
           "WHERE feed = ? AND job = ? AND source = ? AND destination = ? AND ended IS NOT NULL AND status "
           "IS NOT 0 "
           "ORDER BY first_sequence DESC LIMIT 1"),
      latest_(store.database(), "SELECT max(latest) FROM instances WHERE feed = ? AND name = ? AND kind < 2"),
      stream_(store.database(),
              "SELECT last_sequence FROM instances WHERE feed = ? AND kind = 0 AND name = ? AND stream = ?") {
}
#undef SSBLOG_RUN_COLUMNS

Result<std::vector<JobOfFeed>> RunBook::jobs(FeedNumber feed, std::size_t most, bool& more) {
  std::vector<JobOfFeed> jobs;
  more = false;
  // The first may have three empty texts: nothing is less than that, so it is asked for by itself.
  JobOfFeed first{feed, "", "", ""};
  auto nameless = last_runs(first, 1);
  if (!nameless) return nameless.error();
  if (!nameless->empty() && most > 0) jobs.push_back(first);
  for (JobOfFeed at = first;;) {
    auto run = jobs_.run(feed, at.job, at.source, at.destination);
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return jobs;
    more = jobs.size() == most;
    if (more) return jobs;
    at = {feed, std::string(run.text(0)), std::string(run.text(1)), std::string(run.text(2))};
    jobs.push_back(at);
  }
}

Result<KnownRun> RunBook::read(const Statement::Run& row, FeedNumber feed, Latest latest) {
  KnownRun known;
  known.name = row.text(0);
  known.first = static_cast<Seq>(row.integer(1));
  known.seen = row.integer(2);
  known.began = row.maybe_integer(3);
  known.ended = row.maybe_integer(4);
  known.status = row.maybe_integer(5);
  known.signal = row.maybe_integer(6);
  known.duration = row.maybe_integer(7);
  known.lines = row.maybe_integer(8);
  known.errors = row.maybe_integer(9);
  known.reason = row.text(10);
  known.latest = known.seen;
  if (latest == Latest::left_out) return known;
  auto run = latest_.run(feed, known.name);
  auto found = run.step();
  if (!found) return found.error();
  if (*found && !run.null(0)) known.latest = run.integer(0);
  return known;
}

Result<std::vector<KnownRun>> RunBook::last_runs(const JobOfFeed& job, std::size_t most, Latest latest) {
  std::vector<KnownRun> runs;
  auto run = runs_.run(job.feed, job.job, job.source, job.destination, most);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return runs;
    auto known = read(run, job.feed, latest);
    if (!known) return known.error();
    runs.push_back(std::move(*known));
  }
}

Result<std::optional<KnownRun>> RunBook::last_ended(const JobOfFeed& job, bool good) {
  auto run = (good ? good_ : bad_).run(job.feed, job.job, job.source, job.destination);
  auto row = run.step();
  if (!row) return row.error();
  if (!*row) return std::optional<KnownRun>();
  auto known = read(run, job.feed);
  if (!known) return known.error();
  return std::optional(std::move(*known));
}

Result<std::optional<RowId>> RunBook::last_of_stream(FeedNumber feed, const KnownRun& known,
                                                     std::string_view stream) {
  auto run = stream_.run(feed, known.name, stream);
  auto row = run.step();
  if (!row) return row.error();
  if (!*row) return std::optional<RowId>();
  return std::optional(RowId::of(feed, static_cast<Seq>(run.integer(0))));
}

}  // namespace ssblog
