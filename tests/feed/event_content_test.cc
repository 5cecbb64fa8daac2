// SPDX-License-Identifier: MIT
#include "feed/event_content.h"

#include "feed/json.h"

#include <doctest/doctest.h>

using namespace ssblog;

TEST_CASE("a run's records say what design.md has for them, and nothing that is not known") {
  const JobRun run{"nas", "nightly", "offsite", "0123456789abcdef"};
  CHECK(job_start_content(run, 1700000000123) ==
        R"({"type":"job","source":"nas","destination":"offsite","job":"nightly","run":"0123456789abcdef",)"
        R"("event":"start","time":1700000000123})");
  JobEnd end;
  end.status = 137;
  end.signal = 9;
  end.duration = std::chrono::seconds(90);
  end.lines = 12;
  end.error_lines = 3;
  CHECK(job_end_content({"nas", "nightly", "", "0123456789abcdef"}, end, 5) ==
        R"({"type":"job","source":"nas","job":"nightly","run":"0123456789abcdef","event":"end","time":5,)"
        R"("status":137,"signal":9,"duration":90000,"lines":12,"errors":3})");
  end.signal.reset();
  end.reason = "timed out";
  const std::string timed_out = job_end_content(run, end, 5);
  CHECK(member(timed_out, "reason") == R"("timed out")");
  CHECK(member(timed_out, "signal").empty());
}

TEST_CASE("a loss says where it stands and how much, as far as known") {
  Loss loss;
  loss.source = "nas";
  loss.stream = "file:/var/log/a\nb\"c";
  loss.run = "0123456789abcdef";
  loss.offset = 42;
  loss.reason = "truncated";
  CHECK(
      loss_content(loss, 7) ==
      R"({"type":"loss","source":"nas","stream":"file:/var/log/a\nb\"c","run":"0123456789abcdef","offset":42,)"
      R"("time":7,"reason":"truncated"})");
  loss.bytes = 10;
  loss.records = 2;
  const std::string content = loss_content(loss, 7);
  CHECK(member(content, "bytes") == "10");
  CHECK(member(content, "records") == "2");
}

TEST_CASE("what is written is canonical, and is read back as what it is") {
  Loss loss;
  loss.stream = "kernel \x01 \u00e9";
  loss.run = "0123456789abcdef";
  loss.bytes = 9007199254740991;
  for (const std::string& content :
       {loss_content(loss, 1), job_start_content({"a", "b", "c", "0123456789abcdef"}, 2),
        job_end_content({"", "", "", "0123456789abcdef"}, {}, 3)}) {
    CAPTURE(content);
    CHECK(*canonical(content, Layout::compact) == content);
    Record record;
    read_record(content, 99, record);
    CHECK((record.kind == RecordKind::job || record.kind == RecordKind::loss));
    CHECK(record.run == "0123456789abcdef");
    CHECK(record.time < 4);
  }
}
