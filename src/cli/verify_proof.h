// SPDX-License-Identifier: MIT
// cli/verify_proof.h - the two forms of `verify` that compare: with a proof, and with what peers say to hold.
#pragma once

#include "cli/settings.h"

#include <optional>
#include <string>

namespace ssblog {

/// `verify --proof FILE.proof`: exit code 0 where the text is complete.
Result<int> verify_proof(const std::string& proof, const std::optional<std::string>& path, bool json);

/// `verify --against-peers`: asks whoever can be reached. 0 where nothing is missing; Code::busy where nobody was there.
Result<int> verify_against_peers(const Settings& settings, bool json);

}  // namespace ssblog
