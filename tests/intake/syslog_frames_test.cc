// SPDX-License-Identifier: MIT
// tests/intake/syslog_frames_test.cc - messages out of streams of bytes, however they are cut.
#include "intake/syslog_frames.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace ssblog;
using namespace std::string_view_literals;

namespace {

struct Framed {
  std::string message;
  std::size_t cut = 0;
  bool operator==(const Framed&) const = default;
};

std::vector<Framed> framed(std::string_view stream, std::size_t step, std::size_t longest = 100) {
  SyslogFrames frames(longest);
  std::vector<Framed> got;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    frames.feed(as_bytes(stream.substr(at, step)));
    while (auto frame = frames.next()) got.push_back({std::string(frame->message), frame->cut});
  }
  if (auto frame = frames.rest()) got.push_back({std::string(frame->message), frame->cut});
  CHECK_FALSE(frames.rest());
  CHECK_FALSE(frames.is_inside());
  return got;
}

}  // namespace

TEST_CASE("counted messages and lines are told apart one by one, however the bytes arrive") {
  const std::string_view stream =
      "5 <13>a<13>b\n7 <13>c\nd<13>e\r\n\n\r\n\0<13>f\0"
      "0 zero\n12a\n3 abc\n4 x\0yz1234567890 x\n<13>last"sv;
  const std::vector<Framed> expected = {{"<13>a"},        {"<13>b"},   {"<13>c\nd"},
                                        {"<13>e\r"},      {"<13>f"},   {"0 zero"},
                                        {"12a"},          {"abc"},     {std::string("x\0yz", 4)},
                                        {"1234567890 x"}, {"<13>last"}};
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    CAPTURE(step);
    CHECK(framed(stream, step) == expected);
  }
}

TEST_CASE("a message that is too long is cut, and the next one is whole") {
  const std::string letters(250, 'x');
  const std::string stream = "250 " + letters + letters + "\n3 end";
  for (const std::size_t step : {1, 7, 99, 100, 101, 600}) {
    CAPTURE(step);
    CHECK(framed(stream, step) ==
          std::vector<Framed>{{letters.substr(0, 100), 150}, {letters.substr(0, 100), 150}, {"end"}});
  }
  // A count that nobody can mean holds no more than what came.
  for (const std::size_t step : {1, 4, 9, 10, 13})
    CHECK(framed("999999999 abc", step) == std::vector<Framed>{{"abc", 999'999'996}});
}

TEST_CASE("the end of a stream gives what is left") {
  CHECK(framed("<13>a\n12", 3) == std::vector<Framed>{{"<13>a"}, {"12"}});
  CHECK(framed("5 ab", 3) == std::vector<Framed>{{"ab", 3}});
  CHECK(framed("\n\n", 1).empty());
  CHECK(framed("0 ", 1) == std::vector<Framed>{{"0 "}});
}
