// SPDX-License-Identifier: MIT
// feed/json_copy.h - one JSON string, read and written canonically.
//
// Used inside feed/ by json_canonical. Pure, any thread. Source: messages.md, "Exact text", "Strings".
#pragma once

#include "feed/json_output.h"

namespace ssblog {

/// Reads the string whose opening quote stands next and writes its canonical spelling. False when it is
/// none: `in` stands where it stopped.
bool copy_string(Input& in, Output& out);

}  // namespace ssblog
