// SPDX-License-Identifier: MIT
#include "feed/job_record.h"

#include "feed/event_content.h"

#include <doctest/doctest.h>

using namespace ssblog;

TEST_CASE("what a run says of itself is read as it was written") {
  const JobRun run{"nas", "nightly", "offsite", "00112233445566ff"};
  const auto start = read_job_record(job_start_content(run, 5'000));
  REQUIRE(start);
  CHECK_FALSE(start->ended);
  JobEnd end;
  end.status = 143;
  end.signal = 15;
  end.duration = std::chrono::milliseconds(7'200);
  end.lines = 12;
  end.error_lines = 3;
  end.reason = "timed out";
  const auto over = read_job_record(job_end_content(run, end, 9'000));
  REQUIRE(over);
  CHECK(over->ended);
  CHECK(over->status == 143);
  CHECK(over->signal == 15);
  CHECK(over->duration == 7'200);
  CHECK(over->lines == 12);
  CHECK(over->errors == 3);
  CHECK(over->reason == "timed out");
}

TEST_CASE("a field that is not as it should be is left out alone") {
  CHECK_FALSE(read_job_record(R"({"type":"job"})"));
  CHECK_FALSE(read_job_record(R"({"type":"job","event":"pause"})"));
  CHECK_FALSE(read_job_record(R"({"type":"job","event":1})"));
  const auto odd = read_job_record(
      R"({"type":"job","event":"end","status":"0","signal":1.5,"duration":-1,"lines":3,"errors":null,"reason":{}})");
  REQUIRE(odd);
  CHECK(odd->ended);
  CHECK_FALSE(odd->status);
  CHECK_FALSE(odd->signal);
  CHECK_FALSE(odd->duration);
  CHECK(odd->lines == 3);
  CHECK_FALSE(odd->errors);
  CHECK(odd->reason.empty());
}
