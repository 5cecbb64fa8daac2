// SPDX-License-Identifier: MIT
#include "store/run_book.h"

#include "feed/event_content.h"
#include "store/feed_writer.h"
#include "store/mend.h"
#include "store/peer_book.h"
#include "store/verify_store.h"

using namespace ssblog;

namespace {

constexpr Millis noon = 1'795'262'400'000;

/// A feed of a host with jobs.
struct Author : FeedWriter {
  void start(const JobRun& run, Millis time) { say(job_start_content(run, time), time); }
  void end(const JobRun& run, int status, Millis time) {
    JobEnd end;
    end.status = status;
    say(job_end_content(run, end, time), time);
  }
  void line(std::string_view job, std::string_view stream, std::string_view run, Millis time) {
    say(fmt::format(
            R"({{"type":"log","source":"web","destination":"nas","job":"{}","stream":"{}","text":"x",)"
            R"("chunk":{{"run":"{}","offset":0}}}})",
            job, stream, run),
        time);
  }
};

JobRun run_of(std::string job, int number) {
  return {"nas", std::move(job), "offsite", fmt::format("{:016x}", number)};
}

std::vector<JobOfFeed> jobs_in(Store& store, FeedNumber feed, std::size_t most = 100,
                               bool expect_more = false) {
  bool more = false;
  auto jobs = RunBook(store).jobs(feed, most, more);
  REQUIRE(jobs);
  CHECK(more == expect_more);
  return *jobs;
}

std::vector<KnownRun> runs_in(Store& store, const JobOfFeed& job, std::size_t most = 100) {
  auto runs = RunBook(store).last_runs(job, most);
  REQUIRE(runs);
  return *runs;
}

}  // namespace

TEST_CASE("a run is known by its records, from its start on") {
  Author author;
  author.start(run_of("nightly", 1), noon);
  author.end(run_of("nightly", 1), 0, noon + 5'000);
  author.start(run_of("nightly", 2), noon + 10'000);
  author.end(run_of("nightly", 2), 12, noon + 12'000);
  author.start(run_of("nightly", 3), noon + 20'000);
  Store store = empty_store();
  const FeedNumber feed = author.import_to(store);
  const auto jobs = jobs_in(store, feed);
  REQUIRE(jobs.size() == 1);
  CHECK(jobs.front() == JobOfFeed{feed, "nightly", "nas", "offsite"});
  const auto runs = runs_in(store, jobs.front());
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].began == noon + 20'000);
  CHECK_FALSE(runs[0].ended);
  CHECK(runs[1].is_bad());
  CHECK(runs[1].status == 12);
  CHECK(runs[2].is_good());
  CHECK(runs[2].ended == noon + 5'000);
  CHECK(runs_in(store, jobs.front(), 1).size() == 1);
  auto good = RunBook(store).last_ended(jobs.front(), true);
  REQUIRE(good);
  REQUIRE(*good);
  CHECK((*good)->name == runs[2].name);
  auto bad = RunBook(store).last_ended(jobs.front(), false);
  REQUIRE(bad);
  REQUIRE(*bad);
  CHECK((*bad)->name == runs[1].name);
}

TEST_CASE("what is piped under a job is a run without records; files and events are none") {
  Author author;
  author.line("etc", "stdout", "00000000000000aa", noon);
  author.line("etc", "stderr", "00000000000000aa", noon + 3'000);
  author.line("web", "file:/var/log/web", "00000000000000ab", noon);
  author.line("", "stdout", "00000000000000ac", noon);
  Store store = empty_store();
  const FeedNumber feed = author.import_to(store);
  const auto jobs = jobs_in(store, feed);
  REQUIRE(jobs.size() == 1);
  CHECK(jobs.front() == JobOfFeed{feed, "etc", "web", "nas"});
  const auto runs = runs_in(store, jobs.front());
  REQUIRE(runs.size() == 1);
  CHECK_FALSE(runs[0].has_records());
  CHECK(runs[0].start() == noon);
  CHECK(runs[0].latest == noon + 3'000);
  auto last = RunBook(store).last_of_stream(feed, runs[0], "stderr");
  REQUIRE(last);
  CHECK(*last == RowId::of(feed, 2));
}

TEST_CASE("jobs are found one by one, however many runs lie between, and so many at most") {
  Author author;
  for (int i = 0; i < 40; ++i) author.start(run_of(fmt::format("job {:02}", i / 10), i), noon + i);
  // One without a job, a source or a destination comes first.
  author.say(R"({"type":"job","run":"00000000000000ff","event":"start"})", noon);
  Store store = empty_store();
  const FeedNumber feed = author.import_to(store);
  const auto jobs = jobs_in(store, feed);
  REQUIRE(jobs.size() == 5);
  CHECK(jobs[0].job.empty());
  CHECK(jobs[4].job == "job 03");
  CHECK(jobs_in(store, feed, 5).size() == 5);
  CHECK(jobs_in(store, feed, 4, true).size() == 4);
}

TEST_CASE("runs follow from the messages: verify says so, and a feed that goes takes them along") {
  Author author;
  author.start(run_of("nightly", 1), noon);
  author.end(run_of("nightly", 1), 0, noon + 5'000);
  Store store = empty_store();
  author.import_to(store);
  const auto findings = [&] {
    std::vector<std::string> told;
    VerifyTalk talk;
    talk.feed_done = [&](const FeedVerdict& verdict) {
      told.insert(told.end(), verdict.findings.first.begin(), verdict.findings.first.end());
    };
    talk.progress = [](std::uint64_t) {};
    REQUIRE(verify_store(store, {}, std::nullopt, talk));
    return told;
  };
  CHECK(findings().empty());
  REQUIRE(store.database().run("UPDATE runs SET status = 1"));
  const auto told = findings();
  REQUIRE(told.size() == 1);
  CHECK(told.front().find("the table of runs") != std::string::npos);
  {
    auto batch = Batch::begin(store, Durability::normal);
    REQUIRE(batch);
    REQUIRE(forget_feed(*batch, **store.feed(author.keys.id())));
    REQUIRE(batch->commit(noon));
  }
  Statement left(store.database(), "SELECT count(*) FROM runs");
  auto run = left.run();
  REQUIRE(run.step());
  CHECK(run.integer(0) == 0);
}
