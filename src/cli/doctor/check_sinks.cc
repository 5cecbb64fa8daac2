// SPDX-License-Identifier: MIT
// cli/doctor/check_sinks.cc - the programs that are given the lines: whether they are there, and take what they get.
#include "cli/doctor/checks.h"
#include "cli/units.h"
#include "sink/portion_reader.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <sstream>

namespace ssblog {
namespace {

constexpr std::chrono::hours long_time{1};  // that lines wait for a program

bool is_program(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

/// As execvp finds it; the daemon's PATH may be another one, which is told when it starts the program.
bool is_found(const std::string& program) {
  if (program.find('/') != std::string::npos) return is_program(program);
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (is_program(folder + "/" + program)) return true;
  }
  return false;
}

void check_lag(const SinkSettings& sink, Store& store, DoctorReport& report) {
  auto cursor = read_cursor(store, sink.name);
  if (!cursor || !*cursor) return;
  const auto lag = lag_of(store, **cursor, sink.selection);
  const std::chrono::milliseconds age(lag && lag->since > 0 ? clock_now() - lag->since : 0);
  if (age < long_time) return;
  report.wrong("sinks",
               fmt::format("sink {}: {} messages wait for its program, the first for {}", sink.name,
                           lag->messages, age_text(age)),
               "see the daemon's log for what the program said; `ssblog sink list` shows how it stands");
}

}  // namespace

void check_sinks(const Patient& patient, DoctorReport& report) {
  const auto& sinks = patient.settings.sinks;
  if (sinks.empty()) return;
  const std::size_t before = report.findings().size();
  auto store = open_to_read(patient.settings.home);  // that it cannot be read is told by check_store
  for (const SinkSettings& sink : sinks) {
    if (!is_found(sink.exec.front()))
      report.wrong("sinks", fmt::format("sink {}: there is no program {}", sink.name, sink.exec.front()),
                   "install it, or name it with its whole path");
    for (const std::string& path : sink.write) {
      if (::access(path.c_str(), F_OK) != 0)
        report.wrong("sinks", fmt::format("sink {}: {}, where it is to write, is not there", sink.name, path),
                     "make it, then start the daemon again: its sandbox allows what is there");
    }
    if (store) check_lag(sink, *store, report);
  }
  if (report.findings().size() == before)
    report.good("sinks", fmt::format("{} sink{} can run", sinks.size(), sinks.size() == 1 ? "" : "s"));
}

}  // namespace ssblog
