// SPDX-License-Identifier: MIT
#include "cli/hook.h"

#include "store/feeds.h"
#include "store/files.h"

#include <csignal>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

Result<void> run(const std::string& script, const Environment& more, std::string_view input,
                 std::chrono::milliseconds patience = 20s) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words = {"/bin/sh", "-c", script};
  return run_hook(words, more, input, patience);
}

}  // namespace

TEST_CASE("a hook gets its words, its environment and its input, as they are") {
  const TempDir place;
  const std::string file = place / "out", hostile = "$(touch x); `id` \"'\\ *";
  REQUIRE(run("printf '%s' \"$NAME\" >\"$FILE\"; cat >>\"$FILE\"", {{"NAME", hostile}, {"FILE", file}},
              "in\nput"));
  CHECK(*read_file(file, 1000) == hostile + "in\nput");
}

TEST_CASE("a hook's own environment goes before ours, once") {
  const TempDir place;
  REQUIRE(::setenv("SSBLOG_TEST_HOOK", "ours", 1) == 0);
  REQUIRE(run("env | grep -c '^SSBLOG_TEST_HOOK=' >\"$FILE\"; printf '%s' \"$SSBLOG_TEST_HOOK\" >>\"$FILE\"",
              {{"SSBLOG_TEST_HOOK", "given"}, {"FILE", place / "out"}}, ""));
  CHECK(*read_file(place / "out", 1000) == "1\ngiven");
}

TEST_CASE("a hook is not given what is the daemon's own") {
  const TempDir place;
  for (const char* name : {"NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY", "SSBLOG_CAPS_FILE"})
    REQUIRE(::setenv(name, "ours", 1) == 0);
  REQUIRE(::setenv("HOOK_TEST_OTHER", "stays", 1) == 0);
  REQUIRE(
      run("env | grep -cE '^(NOTIFY_SOCKET|CREDENTIALS_DIRECTORY|SSBLOG_CAPS_FILE)=' >\"$FILE\"; "
          "printf '%s' $HOOK_TEST_OTHER >>\"$FILE\"",
          {{"FILE", place / "out"}}, ""));
  CHECK(*read_file(place / "out", 1000) == "0\nstays");
  for (const char* name : {"NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY", "SSBLOG_CAPS_FILE", "HOOK_TEST_OTHER"})
    ::unsetenv(name);
}

TEST_CASE("how a hook ended is told") {
  CHECK(run("exit 0", {}, ""));
  const auto text = [](const std::string& script) {
    const auto done = run(script, {}, "");
    REQUIRE_FALSE(done);
    return done.error().text;
  };
  CHECK(text("exit 3") == "exit 3 ended with 3");
  CHECK(text("kill -9 $$") == "kill -9 $$ was ended by signal 9");
  const std::vector<std::string> none = {"/no/such/program"};
  CHECK(run_hook(none, {}, "", 20s).error().text == "/no/such/program: there is no such command");
}

TEST_CASE("a hook that takes too long is killed with all that it started") {
  const auto done = run("sleep 1000 & wait", {}, "", 100ms);
  REQUIRE_FALSE(done);
  CHECK(done.error().text.find("was killed") != std::string::npos);
}

TEST_CASE("a hook that reads nothing of a long input is no trouble") {
  CHECK(run("exit 0", {}, std::string(1 << 20, 'x')));
}

TEST_CASE("a hook is killed when it is time to stop") {
  const std::vector<std::string> words = {"/bin/sh", "-c", "sleep 1000 & wait"};
  int asked = 0;
  const auto done = run_hook(words, {}, "", 1h, [&] { return ++asked == 3; });
  REQUIRE_FALSE(done);
  CHECK(done.error().text.find("time to stop") != std::string::npos);
}
