// SPDX-License-Identifier: MIT
// feed/event_content.h - the contents of `job` and `loss` records: a run began or ended, something was lost.
//
// Used by the ways in. Pure, any thread. Source: design.md, section 4.
#pragma once

#include "feed/record.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// What a run's records have in common.
struct JobRun {
  std::string source, job, destination;  ///< left out when empty
  std::string run;                       ///< 16 lower-case hex digits, shared with the run's streams
};

/// How a run ended.
struct JobEnd {
  int status = 0;             ///< what the command exited with, as a shell says it: 128 + n for signal n
  std::optional<int> signal;  ///< that ended it
  std::chrono::milliseconds duration{};
  std::uint64_t lines = 0;        ///< that the command wrote, published or not
  std::uint64_t error_lines = 0;  ///< those of them on stderr
  std::string reason;             ///< why it has no status of its own ("timed out"); left out when empty
};

/// Canonical compact contents.
std::string job_start_content(const JobRun& run, Millis time);
std::string job_end_content(const JobRun& run, const JobEnd& end, Millis time);

/// What was lost of a stream instance.
struct Loss {
  std::string source, job, destination;  ///< left out when empty
  std::string stream, run;
  std::uint64_t offset = 0;                     ///< the byte of the instance that it stands before
  std::optional<std::uint64_t> bytes, records;  ///< how much, as far as known: at least
  std::string reason;
};
std::string loss_content(const Loss& loss, Millis time);

}  // namespace ssblog
