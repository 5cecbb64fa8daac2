// SPDX-License-Identifier: MIT
// What programs really write (tests/data), cut and timed.
#include "intake/civil_date.h"
#include "intake/line_cutter.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace ssblog;

namespace {

std::string sample(const std::string& name) {
  const char* folder = std::getenv("SSBLOG_DATA");
  REQUIRE_MESSAGE(folder != nullptr, "SSBLOG_DATA must be tests/data");
  std::ifstream file(std::string(folder) + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

struct Summary {
  std::size_t lines = 0, records = 0, timed = 0;
  Millis first = 0, last = 0;
};

Summary cut(const std::string& name) {
  const std::string bytes = sample(name);
  Source source;
  source.time_zone = "UTC";
  const auto cutter = LineCutter::create(source);
  REQUIRE(cutter);
  CutContext context;
  context.old = context.at_end = context.record_due = context.line_due = true;
  context.modified = days_of(2026, 11, 22) * 86'400'000;
  CutState state;
  std::vector<CutLine> lines;
  REQUIRE(cutter->cut(bytes, context, state, lines) == bytes.size());
  Summary summary;
  summary.lines = lines.size();
  for (const CutLine& line : lines) {
    if (line.stamp.joins) continue;
    ++summary.records;
    if (line.stamp.from == TimeFrom::line) ++summary.timed;
  }
  summary.first = lines.front().stamp.time;
  summary.last = lines.back().stamp.time;
  return summary;
}

}  // namespace

TEST_CASE("logs of which each line has a time are timed line by line") {
  for (const std::string name :
       {"dpkg.log", "alternatives.log", "nginx-access.log", "nginx-error.log", "rsync.log"}) {
    CAPTURE(name);
    const Summary summary = cut(name);
    CHECK(summary.records == summary.lines);
    CHECK(summary.timed == summary.lines);
    CHECK(summary.first <= summary.last);
    CHECK(summary.first >= days_of(2026, 10, 1) * 86'400'000);
  }
  CHECK(cut("nginx-access.log").first == 1'795'268'689'000);
  CHECK(cut("rsync.log").first == 1'795'268'689'000);
}

TEST_CASE("apt says when it began and when it ended") {
  CHECK(cut("apt-history.log").timed == 4);
  const Summary term = cut("apt-term.log");
  CHECK(term.timed == 2);
  CHECK(term.last - term.first == 2000);
}

TEST_CASE("sudo's wrapped lines are one record each, timed by their first") {
  const Summary sudo = cut("sudo.log");
  CHECK(sudo.lines == 7);
  CHECK(sudo.records == 3);
  CHECK(sudo.timed == 3);
  CHECK(sudo.first == 1'795'278'972'000);
}

TEST_CASE("what backup programs print has no times of its own, though times stand in it") {
  for (const std::string name : {"restic.txt", "duplicity.txt", "sudo-io-stdout"}) {
    CAPTURE(name);
    CHECK(cut(name).timed == 0);
  }
}

TEST_CASE("the I/O logs of sudo are bytes, and come out as they are") {
  for (const std::string name : {"sudo-io-log", "sudo-io-timing", "sudo-io-stdout"}) {
    CAPTURE(name);
    const std::string bytes = sample(name);
    auto writer = ChunkWriter::create(R"({"type":"log","source":"nas"})", Packing::full,
                                      [] { return "0123456789abcdef"; });
    REQUIRE(writer);
    std::string back;
    const auto emit = [&back](std::string_view content) {
      Record record;
      read_record(content, 0, record);
      back += record.bytes;
      if (record.ends_line()) back += '\n';
    };
    for (std::size_t at = 0; at < bytes.size(); at += 7)
      writer->add(std::string_view(bytes).substr(at, 7), 0, emit);
    writer->finish(0, emit);
    CHECK(back == bytes);
  }
}

TEST_CASE("stack traces of real programs are one record each") {
  // start; failed with two traces; while handling with two; done; a message; its second line, which nothing tells; end.
  const Summary python = cut("python.log");
  CHECK(python.records == 7);
  CHECK(python.timed == 6);
  const Summary java = cut("java.log");
  CHECK(java.records == 4);  // start, failed, the blank line behind, end
  CHECK(java.timed == 3);
  CHECK(cut("java-crash.txt").records == 1);
  CHECK(cut("rust-crash.txt").records == 3);  // start, a blank line, the panic
  CHECK(cut("asan.txt").records == 3);        // start, a rule, the report
  CHECK(cut("node.txt").records == 3);        // start, the error, end
}
