// SPDX-License-Identifier: MIT
// store/heads.h - how far another host's feeds go, so that a bundle carries only what it lacks.
//
// Used by export. What is read is a claim; nothing is checked, since a false one costs its own host only.
#pragma once

#include "feed/message.h"
#include "store/byte_stream.h"

#include <map>

namespace ssblog {

/// The highest sequence of each feed that a bundle names, or a list of heads (`{"id":..,"sequence":..}` a
/// line, as `export --heads` prints them).
Result<std::map<FeedId, Seq>> read_heads(ByteSource source);

}  // namespace ssblog
