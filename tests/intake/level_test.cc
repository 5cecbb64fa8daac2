// SPDX-License-Identifier: MIT
// tests/intake/level_test.cc - the guess at a line's level, on lines as programs write them.
#include "intake/level.h"
#include <doctest/doctest.h>
#include "intake/level_filter.h"

#include <string>
#include <utility>
#include <vector>

using namespace ssblog;

TEST_CASE("a line says its level in the ways that programs have") {
  constexpr int unknown = -1;
  const std::pair<std::string_view, int> lines[] = {
      // kernel, systemd, syslog
      {"<3>usb 1-1: device descriptor read/64, error -71", 3},
      {"<30>Nov 21 10:00:00 nas cron[1]: (root) CMD (backup)", 6},
      {"<192>no priority", unknown},
      {"<>", unknown},
      {"Kernel panic - not syncing: VFS: Unable to mount root fs", 0},
      {"[  12.3] Out of memory: Killed process 812 (java)", 3},
      {"app[812]: segfault at 0 ip 00007f", 3},
      // glog and klog
      {"E0102 03:04:05.678901   12345 server.go:77] connection refused", 3},
      {"W1121 10:00:00.000000       1 reflector.go:424] watch ended", 4},
      {"I1121 10:00:00.000000       1 main.go:1] started", 6},
      {"F1121 10:00:00.000000       1 main.go:1] dead", 2},
      {"E1121 is a model number", unknown},
      // apt, dpkg, make, git, compilers
      {"E: Unable to locate package foo", 3},
      {"W: GPG error: http://deb.debian.org stable InRelease", 4},
      {"N: Ignoring file 'x' in directory", 5},
      {"Err:1 http://deb.debian.org/debian bookworm InRelease", 3},
      {"dpkg: error processing package foo (--configure):", 3},
      {"dpkg: warning: while removing foo, directory not empty", 4},
      {"make: *** [Makefile:2: all] Error 1", 3},
      {"make[1]: *** [all] Error 2", 3},
      {"fatal: not a git repository (or any of the parent directories): .git", 2},
      {"main.cc:12:3: error: expected ';'", 3},
      {"main.cc:12:3: warning: unused variable", 4},
      {"main.cc:12:3: note: declared here", 5},
      // backup programs
      {"rsync error: some files/attrs were not transferred (code 23) at main.c(1338)", 3},
      {"rsync warning: some files vanished before they could be transferred (code 24)", 4},
      {"Fatal: unable to open config file: stat /srv/config: no such file", 2},
      {"sending incremental file list", unknown},
      {"3,412 files, 1.2 GB", unknown},
      // servers
      {"2024/01/01 00:00:00 [error] 123#0: *1 open() failed", 3},
      {"2024/01/01 00:00:00 [warn] 123#0: conflicting server name", 4},
      {"2024/01/01 00:00:00 [emerg] 1#1: bind() failed", 0},
      {"[Mon Jan 01 00:00:00 2024] [core:error] [pid 1] AH00126", 3},
      {"<warn>  [1700000000.1] device (eth0): activation failed", 4},
      {"2024-01-01 00:00:00.000 UTC [77] FATAL:  password authentication failed", 2},
      {"2024-01-01 00:00:00.000 UTC [77] LOG:  checkpoint complete", unknown},
      {"2024-01-01T00:00:00.000Z  WARN 1 --- [main] o.s.b.Application : slow", 4},
      {"10:00:00.123 [main] ERROR com.example.Main - failed", 3},
      {"SEVERE: Servlet.service() threw exception", 3},
      {"debug1: Connecting to nas port 22.", 7},
      {"npm ERR! code ENOENT", 3},
      {"npm WARN deprecated foo@1.0.0", 4},
      // structured
      {R"(time="2024-01-01T00:00:00Z" level=error msg="failed")", 3},
      {R"(level=info msg="no ERROR here")", 6},
      {R"({"level":"error","msg":"x"})", 3},
      {R"({"severity": "WARNING", "message": "x"})", 4},
      {R"({"level":50,"time":1,"msg":"pino"})", 3},
      {R"({"level":30,"msg":"ERROR is only text"})", 6},
      {R"({"loglevel":"error"})", unknown},
      {"compression level=9", unknown},
      // languages
      {"Traceback (most recent call last):", 3},
      {"ValueError: invalid literal for int() with base 10: 'x'", 3},
      {"java.lang.NullPointerException: x is null", 3},
      {"Exception in thread \"main\" java.lang.Error", 3},
      {"WARNING:root:disk is nearly full", 4},
      {"panic: runtime error: index out of range [5] with length 3", 0},
      {"CRITICAL - load average: 12.1", 2},
      // colours
      {"\x1b[31mERROR\x1b[0m it broke", 3},
      {"\x1b[1;33mwarning:\x1b[0m it may break", 4},
      // what only looks so
      {"0 errors, 0 warnings", unknown},
      {"no error", unknown},
      {"ERROR_LOG=/var/log/x", unknown},
      {"terror: a film", unknown},
      {"the error rate is low", unknown},
      {"INFO retrying after ERROR", 6},
      {"", unknown},
      {"\n", unknown},
      {"\x1b[", unknown},
  };
  for (const auto& [line, level] : lines) {
    CAPTURE(std::string(line));
    CHECK(guess_level(line).value_or(unknown) == level);
    CHECK(guess_level(std::string(line) + "\r\n").value_or(unknown) == level);
  }
}

TEST_CASE("only the beginning of a line is looked at") {
  std::string line = "ERROR ";
  line.insert(0, level_look - line.size(), ' ');
  CHECK(guess_level(line) == 3);
  line.insert(0, line.size(), ' ');
  CHECK(guess_level(line) == std::nullopt);
}

TEST_CASE("levels have keywords, digits and other spellings") {
  for (Level level = 0; level < 8; ++level) {
    CHECK(parse_level(level_keyword(level)) == level);
    CHECK(parse_level(std::to_string(level)) == level);
  }
  CHECK(parse_level("warn") == 4);
  CHECK(parse_level("error") == 3);
  for (const auto* wrong : {"", "8", "-1", "ERROR", "44"}) CHECK(parse_level(wrong) == std::nullopt);
}

namespace {

std::string filtered(LevelFilter filter, std::string_view text, std::size_t step) {
  std::string kept;
  const auto keep = [&kept](std::string_view bytes, Millis) { kept += bytes; };
  for (std::size_t at = 0; at < text.size(); at += step) filter.add(text.substr(at, step), 0, keep);
  filter.end_line(keep);
  return kept;
}

}  // namespace

TEST_CASE("a filter keeps the same lines however the bytes arrive") {
  const std::string longer = "warning: " + std::string(2000, 'x') + "\n";
  const std::string text = "plain\nerror: one\n  at here\n\n  and there\nINFO fine\n\tof the fine one\n" +
                           longer + std::string(1500, 'y') + "\nERROR without an end";
  const std::string wanted = "error: one\n  at here\n" + longer + "ERROR without an end";
  for (std::size_t step = 1; step < 600; step += step < 20 ? 1 : 37) {
    CAPTURE(step);
    CHECK(filtered({warning_level, info_level}, text, step) == wanted);
  }
  CHECK(filtered({warning_level, info_level}, text, text.size()) == wanted);
  CHECK(filtered({7, info_level}, text, 7) == text);
  CHECK(filtered({0, info_level}, text, 7).empty());
  CHECK(filtered({warning_level, warning_level}, "plain\n  more\ninfo: x\n", 3) == "plain\n  more\n");
}

TEST_CASE("a line that came in pieces has the time of its beginning") {
  LevelFilter filter(warning_level, info_level);
  std::vector<std::pair<std::string, Millis>> kept;
  const auto keep = [&kept](std::string_view bytes, Millis time) { kept.emplace_back(bytes, time); };
  filter.add("err", 1, keep);
  filter.add("or: x", 2, keep);
  filter.add("y\nERROR z\n", 3, keep);
  REQUIRE(kept.size() == 2);
  CHECK(kept[0] == std::pair<std::string, Millis>("error: xy\n", 1));
  CHECK(kept[1] == std::pair<std::string, Millis>("ERROR z\n", 3));
}
