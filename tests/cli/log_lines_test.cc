// SPDX-License-Identifier: MIT
#include "cli/log_lines.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>
#include <sstream>
#include <string>

using namespace ssblog;

namespace {

/// Two ends; what the writer's end does not take shows, for nobody else waits for it here.
struct Ends {
  File reader, writer;
  explicit Ends(bool socket = false) {
    std::array<int, 2> ends{};
    REQUIRE((socket ? ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) : ::pipe(ends.data())) == 0);
    reader = File(ends[0]);
    writer = File(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  std::string read() const {
    std::string all, part(65536, '\0');
    for (;;) {
      const ssize_t got = ::read(reader.get(), part.data(), part.size());
      if (got <= 0) return all;
      all.append(part, 0, static_cast<std::size_t>(got));
    }
  }
};

}  // namespace

TEST_CASE("log lines for which there is no room are counted, and told when there is") {
  for (const bool socket : {false, true}) {
    CAPTURE(socket);
    const Ends ends(socket);
    LogLines lines(ends.writer.get());
    CHECK(lines.write(6, "first"));
    CHECK(ends.read() == "ssblog: first\n");
    const std::string long_line(1000, 'x');
    std::size_t said = 0;
    while (lines.write(6, long_line)) ++said;
    CHECK(said > 10);
    for (int i = 0; i < 99; ++i) CHECK_FALSE(lines.write(6, long_line));
    std::string all = ends.read();
    CHECK(lines.settle());
    CHECK(lines.write(6, "last"));
    all += ends.read();
    CHECK(all.ends_with("\nssblog: last\n"));
    // What room is left may do for a short line that tells of those lost so far.
    std::size_t lost = 0, whole = 0;
    std::istringstream in(all);
    for (std::string line; std::getline(in, line);) {
      if (line == "ssblog: " + long_line) ++whole;
      if (line.ends_with(" lost: nobody read them")) lost += std::stoul(line.substr(8));
    }
    CHECK(whole == said);
    CHECK(lost == 100);
    CHECK(lines.settle());
    CHECK(ends.read() == "");
  }
}

TEST_CASE("a pipe that others write to as well stays as it was") {
  const Ends ends;
  LogLines lines(ends.writer.get());
  CHECK(lines.write(6, "a line"));
  CHECK((::fcntl(ends.writer.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a log line is whole or not there") {
  const Ends ends;
  LogLines lines(ends.writer.get());
  CHECK(lines.write(6, std::string(100'000, 'y')));
  const std::string cut = ends.read();
  CHECK(cut.size() == PIPE_BUF);
  CHECK(cut.ends_with("yy...\n"));
}

TEST_CASE("a log line cannot steer a terminal, and what came escaped is not escaped again") {
  const Ends ends;
  LogLines lines(ends.writer.get());
  CHECK(lines.write(6, "red \x1b[31m\xff\u202e"));
  CHECK(ends.read() == "ssblog: red \\x1b[31m\\xff\\u202e\n");
  CHECK(lines.write(6, R"(failed my\u0020job, exit 1 \\ \x1b)"));
  CHECK(ends.read() == "ssblog: failed my\\u0020job, exit 1 \\\\ \\x1b\n");
  CHECK(lines.write(6, "two\\\nlines\\"));
  CHECK(ends.read() == "ssblog: two\\\nssblog: lines\\\n");
  CHECK(lines.write(6, ""));
  CHECK(ends.read() == "ssblog: \n");
  // The bytes of a character on both sides of a backslash are none.
  CHECK(lines.write(6, "\xc3\\\xa4"));
  CHECK(ends.read() == "ssblog: \\xc3\\\\xa4\n");
}

TEST_CASE("a log that nobody can ever read again loses nothing that counts") {
  Ends ends(true);
  LogLines lines(ends.writer.get());
  ends.reader = File();
  CHECK(lines.write(6, "to nobody"));
  LogLines nowhere(-1);
  CHECK(nowhere.write(6, "nowhere"));
}

TEST_CASE("the journal gets a level for each line") {
  const Ends ends(true);
  struct stat status {};
  REQUIRE(::fstat(ends.writer.get(), &status) == 0);
  ::setenv("JOURNAL_STREAM", (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)).c_str(),
           1);
  LogLines lines(ends.writer.get());
  ::unsetenv("JOURNAL_STREAM");
  CHECK(lines.write(4, "two\nlines"));
  CHECK(ends.read() == "<4>two lines\n");
}
