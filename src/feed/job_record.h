// SPDX-License-Identifier: MIT
// feed/job_record.h - what a `job` record says of a run: that it began, or how it ended.
//
// Used by the store, which keeps a row for each run. Nothing here fails: a field that is not as it should be is left out
// alone. event_content.h writes them. Pure, any thread. Source: design.md, section 4.
#pragma once

#include "feed/record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

struct JobRecord {
  bool ended = false;                         ///< false: it began
  std::optional<std::int64_t> status;         ///< as a shell says it: 128 + n for signal n
  std::optional<std::int64_t> signal;         ///< that ended it
  std::optional<std::int64_t> duration;       ///< ms, not negative
  std::optional<std::int64_t> lines, errors;  ///< that it wrote; those of them on stderr; not negative
  std::string reason;                         ///< why it has no status of its own; empty: it has
};

/// Of canonical `content` with type `job`; nothing where `event` is neither "start" nor "end".
std::optional<JobRecord> read_job_record(std::string_view content);

}  // namespace ssblog
