// SPDX-License-Identifier: MIT
// cli/pick_feeds.h - which feeds a person means.
//
// Used by export, verify, log and assemble.
#pragma once

#include "store/store.h"

#include <span>
#include <string>
#include <vector>

namespace ssblog {

/// The held feeds that the words name, each once, in the order of the words. A word is an id, the beginning
/// of one (6 characters or more, as the 8 that are shown in logs, with or without `@`), `HOST@ID` as in logs,
/// or the last name that a feed gave itself.
/// @return Code::usage for a word that fits no feed, or several: then it lists them.
Result<std::vector<FeedId>> pick_feeds(Store& store, std::span<const std::string> words);

}  // namespace ssblog
