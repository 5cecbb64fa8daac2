// SPDX-License-Identifier: MIT
// cli/source_trial.h - shows how a file would be cut into records and timed, before any of it is signed.
//
// Used by the command `source`.
#pragma once

#include "cli/settings.h"

#include <optional>
#include <string>

namespace ssblog {

/// Prints each line of `file`, `most` of them at most (all when nothing), with its time and where that comes from, and a
/// summary. Compressed files are unpacked. `host` is for the stream's name.
Result<int> try_source(const std::string& file, const Source& source, const std::string& host,
                       std::optional<std::size_t> most);

}  // namespace ssblog
