// SPDX-License-Identifier: MIT
// cli/source_settings.h - the tables [[source]] and [files] of config.toml, and single sources by hand.
//
// Used by settings.cc and by the commands `config` and `source`. Source: man/ssblog-config.5.
#pragma once

#include "feed/result.h"
#include "intake/source.h"

#include <chrono>
#include <vector>

namespace ssblog {

/// The table [files].
struct FilesTable {
  std::chrono::milliseconds scan_interval{30'000};   ///< how often to look for new files
  std::chrono::milliseconds restat_interval{1'000};  ///< ... and at one file each, for what nobody told
};

/// What `read_sources` does not look at, since it costs the start of every command: patterns of paths, the template and
/// the rewrite of the stream's name, patterns of records, time zones. Code::config, for the first that is wrong.
Result<void> check_source(const Source& source);

}  // namespace ssblog
