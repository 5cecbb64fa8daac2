// SPDX-License-Identifier: MIT
// bench/cut.cc - how fast lines of a file are cut into records, with and without their times.
//
// Beside it what the same bytes cost when only their newlines are looked for. CPU time of one thread.
#include "intake/line_cutter.h"

#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <string>

using namespace ssblog;

namespace {

constexpr int line_count = 1'000'000;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void say(const char* what, const std::string& text, double seconds) {
  fmt::print("{:<32} {:8.0f} MB/s {:8.0f} ns a line\n", what,
             static_cast<double>(text.size()) / seconds / 1e6, seconds / line_count * 1e9);
}

void measure(const char* what, const std::string& text, Multiline multiline, bool old) {
  Source source;
  source.multiline = multiline;
  source.time_zone = "Europe/Berlin";
  auto cutter = LineCutter::create(source);
  if (!cutter) return;
  CutState state;
  CutContext context;
  context.old = old;
  context.now = context.modified = 1'795'000'000'000;
  std::vector<CutLine> lines;
  const double begin = cpu_seconds();
  constexpr std::size_t block = 1 << 20;
  for (std::size_t at = 0; at < text.size();) {
    const auto bytes = std::string_view(text).substr(at, block);
    context.at_end = at + bytes.size() == text.size();
    context.record_due = context.line_due = context.at_end;
    at += cutter->cut(bytes, context, state, lines);
  }
  say(what, text, cpu_seconds() - begin);
}

}  // namespace

int main() {
  const std::string tail =
      "nas sshd[4711]: Accepted publickey for backup from 192.168.1.20 port 51234 ssh2\n";
  std::string syslog, iso, plain;
  for (int i = 0; i < line_count; ++i) {
    const int second = i / 12 % 60, minute = i / 720 % 60, hour = i / 43200 % 24;
    syslog += fmt::format("Nov 20 {:02}:{:02}:{:02} {}", hour, minute, second, tail);
    iso += fmt::format("2026-11-20T{:02}:{:02}:{:02}.123456+01:00 {}", hour, minute, second, tail);
    plain += tail;
  }
  const double begin = cpu_seconds();
  std::size_t count = 0;
  for (std::size_t at = 0; (at = syslog.find('\n', at)) != syslog.npos; ++at) ++count;
  say("newlines alone", syslog, cpu_seconds() - begin);
  if (count != line_count) return 1;
  measure("syslog, new, each line alone", syslog, Multiline::off, false);
  measure("syslog, new, records", syslog, Multiline::automatic, false);
  measure("syslog, old, records and times", syslog, Multiline::automatic, true);
  measure("ISO 8601, old", iso, Multiline::automatic, true);
  measure("no times, old", plain, Multiline::automatic, true);
}
