// SPDX-License-Identifier: MIT
#include "sink/sink_program.h"

#include "loop/run_until.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <optional>

using namespace ssblog;

namespace {

/// How a program of the shell ends that is given three lines.
std::string end_of(const std::string& script, SinkAck ack) {
  ::signal(SIGPIPE, SIG_IGN);  // as the daemon does
  auto loop = Loop::make();
  REQUIRE(loop);
  SinkSettings settings;
  settings.name = "test";
  settings.exec = {"sh", "-c", script};
  settings.ack = ack;
  std::optional<std::string> end;
  auto program = SinkProgram::start(
      *loop, settings, {[] {}, [](const std::string&) {}, [&](const std::string& how) { end = how; }});
  REQUIRE(program);
  (*program)->give("one\ntwo\nthree\n", 3);
  run_until(*loop, [&] { return end.has_value(); });
  program->reset();
  return *end;
}

}  // namespace

TEST_CASE("a program that closes its stdin and stays is ended") {
  constexpr const char* wanted = "was ended: it closed its stdin, though there is more to come";
  CHECK(end_of("exec <&-; exec sleep 600", SinkAck::read) == wanted);
  CHECK(end_of("read -r line; echo 1; exec <&-; exec sleep 600", SinkAck::reply) == wanted);
}

TEST_CASE("of a program that ends with its stdin closed the status is told") {
  CHECK(end_of("exec <&-; exit 7", SinkAck::read) == "ended with 7");
  CHECK(end_of("exec <&-; exit 7", SinkAck::reply) == "ended with 7");
}

TEST_CASE("a program that says more than it was given is ended") {
  CHECK(end_of("echo 4; exec sleep 600", SinkAck::reply) ==
        "was ended: it said that it took 4 lines, and was given 3");
}
