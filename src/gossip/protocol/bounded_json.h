// SPDX-License-Identifier: MIT
// gossip/protocol/bounded_json.h - JSON that a stranger wrote, with its depth and keys counted before it is parsed.
//
// Used by rpc.cc, and by whoever reads the body of an item. Pure, no recursion, any thread.
#pragma once

#include "feed/bytes.h"
#include "feed/result.h"

#include <cstddef>
#include <string>

namespace ssblog {

/// The canonical compact text of a body, fit for `Members`, `Items` and their like. Malformed UTF-8 is read as the
/// reference reads it, as U+FFFD.
/// @return Code::data for what is no JSON, is deeper than max_json_depth or has more than `max_keys` keys, those of
///         all its objects together.
Result<std::string> read_json(ByteView body, std::size_t max_keys);

}  // namespace ssblog
